// A pattern, a line end, and a text: whatever RE2 finds must begin where the scanner says.
#include <re2/re2.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "rules/begin_scanner.h"
#include "rules/regex_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\n');
  if (end == std::string_view::npos || end > 200) return 0;
  const std::string pattern(input.substr(0, end));
  const std::string_view text = input.substr(end + 1, 500);
  for (const bool latin1 : {false, true}) {
    re2::RE2::Options options(latin1 ? re2::RE2::Latin1 : re2::RE2::DefaultOptions);
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    const re2::RE2 regex(pattern, options);
    const re2::StringPiece all(text.data(), text.size());
    re2::StringPiece match;
    const bool matches =
        regex.ok() && regex.Match(all, 0, all.size(), re2::RE2::UNANCHORED, &match, 1);
    const auto tree = parse_regex(pattern, latin1);
    if (!tree) continue;
    for (const RegexCore& core : regex_cores(*tree, latin1)) {
      const auto automaton = BeginAutomaton::compile(core, latin1);
      if (!automaton || !matches) continue;
      std::vector<BeginScanner::Found> found;
      BeginScanner({*automaton}).scan(text, found);
      if (found.empty()) std::abort();
      const auto at = static_cast<std::size_t>(match.data() - text.data());
      if (core.before && at + *core.before < found.front().begins.begin) std::abort();
      if (at > found.front().begins.end) std::abort();
    }
  }
  return 0;
}
