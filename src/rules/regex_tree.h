// Regex tree: a regular expression in RE2's syntax, taken apart.
//
// What matches consume, and how they can begin: most assertions and groups' names are gone, classes
// may be larger than they really are, never smaller. Enough to say where matches may begin
// (rules/begin_scanner.h) and how long they can be (rules/regex_length.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/rune_set.h"

namespace postern {

struct RegexNode {
  enum class Kind : std::uint8_t { nothing, runes, sequence, choice, repeat };
  // How often something is repeated that has no limit; RE2 allows no number beyond it.
  static constexpr std::size_t without_end = 1000;

  // What is asked of the place of a `nothing`: that the text, a line, or a word begins there, or
  // for `word` ends there.
  enum class Assertion : std::uint8_t { none, text, line, word };

  Kind kind = Kind::nothing;
  Assertion assertion = Assertion::none;
  RuneSet runes;
  std::vector<RegexNode> children;
  std::size_t least = 0, most = 0;  // of a repeat
};

// Of an expression in UTF-8 or, with `latin1`, octet by octet. Nothing when it is written in a way
// that is not understood.
std::optional<RegexNode> parse_regex(std::string_view pattern, bool latin1);

}  // namespace postern
