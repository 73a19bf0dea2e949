// A pattern, a line end, and a text: whatever RE2 finds must begin as the prefix says.
#include <re2/re2.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "rules/prefix_scanner.h"

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
    const bool matches =
        regex.ok() && re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
    for (const PrefixOctets octets : {PrefixOctets::all, PrefixOctets::letters}) {
      const auto prefix = regex_prefix(pattern, latin1, octets);
      if (!prefix || !matches) continue;
      std::string letters;
      take_letters(text, letters);
      std::vector<PrefixScanner::Found> found;
      PrefixScanner({*prefix}).scan(octets == PrefixOctets::all ? text : letters, found);
      if (found.empty()) std::abort();
    }
  }
  return 0;
}
