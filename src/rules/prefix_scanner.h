// PrefixScanner: for which regular expressions a text has a place where a match could begin, as
// far as its first octets tell (rules/regex_prefix.h).
//
// 64 expressions are looked for at once, a bit each: at every place of the text the sets of
// expressions that allow the octets from there on are intersected, until none is left, which is
// nearly always after two or three octets. Time is linear in the text.
//
// Thread rule: const after construction.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/regex_prefix.h"
#include "rules/text_span.h"

namespace postern {

class PrefixScanner {
 public:
  explicit PrefixScanner(const std::vector<RegexPrefix>& prefixes);

  bool empty() const { return blocks_.empty(); }
  struct Found {
    std::uint32_t prefix = 0;  // its index
    TextSpan begins;           // from the first to behind the last place where it begins
  };
  // Adds to `found` the prefixes that begin somewhere in `text`, each once.
  void scan(std::string_view text, std::vector<Found>& found) const;

 private:
  using Bits = std::uint64_t;
  // allowed[distance][octet]: the expressions that allow it there.
  using Allowed = std::array<std::array<Bits, RegexPrefix::beyond_text + 1>, RegexPrefix::length>;
  struct Block {
    Allowed allowed{};
    Bits all = 0;
  };

  using Begins = std::array<TextSpan, 64>;  // by bit

  static Bits begin_in(const Block& block, std::string_view text, Begins& begins);

  std::vector<Block> blocks_;
};

}  // namespace postern
