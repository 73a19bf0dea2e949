// A pattern, a line end, a text: what PCRE2 finds under its limits, the RE2 superset finds, too,
// and the prefiltered set gives the answer of the expression alone.
#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/pattern_set.h"
#include "rules/pcre_confirm.h"
#include "rules/regex_translation.h"

namespace {

using namespace postern;

void check_superset(const RegexSource& source, std::string_view text, RegexForm form) {
  const RegexTranslation wide = translate_regex(source, true, form);
  std::string why;
  const auto pcre = wide.ok ? PcreRegex::compile(source, wide.bytes, why) : nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  const re2::RE2 superset(wide.re2, options);
  if (!pcre || !superset.ok()) return;
  PcreBudget budget;
  budget.steps = 100'000;
  const PcreRegex::Found found = pcre->find(text, 0, budget);
  if (found.end > text.size()) __builtin_trap();
  if (found.outcome == PcreRegex::Outcome::hit &&
      !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), superset)) {
    __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data),
                               std::min<std::size_t>(size, 4096));
  const std::size_t end = std::min(input.find('\n'), input.size());
  const RegexSource source{std::string(input.substr(0, std::min<std::size_t>(end, 200))), "", 1};
  const std::string_view text = input.substr(std::min(end + 1, input.size()));
  check_superset(source, text, RegexForm::superset);
  check_superset(source, text, RegexForm::loose);
  check_superset(source, text, RegexForm::widest);

  PatternSet set;
  const RegexTranslation regex = translate_regex(source, false);
  if (!regex.ok) return 0;
  for (int i = 0; i < 4; ++i) {
    if (!set.add(regex, 3).empty()) return 0;
  }
  set.compile();
  PcreBudget together, alone;
  std::vector<std::uint32_t> counts(set.size());
  set.count({text}, together, counts);
  if (set.limits_reached(0) == 0 && counts[0] != set.count_alone(0, {text}, alone)) {
    __builtin_trap();
  }
  return 0;
}
