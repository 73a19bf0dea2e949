// Regex prefix: which octets the matches of a regular expression can begin with.
//
// For each of the first octets of a match, all that can stand there on any way through the
// expression. A text where no place has such octets one after the other holds no match, which
// rules out most of a text for expressions that need no literal. Words that are spelled with
// blanks and signs in between are told from others by their letters alone.
#pragma once

#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

class RegexPrefix {
 public:
  static constexpr std::size_t length = 12;
  // What stands behind the end of the text: possible where a match may have ended.
  static constexpr std::size_t beyond_text = 256;
  using Octets = std::bitset<257>;

  // By distance from where the match begins.
  std::array<Octets, length> octets;
};

// all: of the text as it is. letters: of what is left of it without ASCII's signs and blanks.
enum class PrefixOctets : std::uint8_t { all, letters };

// Of an expression in RE2's syntax, in UTF-8 or, with `latin1`, octet by octet. Assertions ask for
// nothing; the octets may be more than can really stand there, never fewer. Nothing when a match
// may have no octet, or is written in a way that is not understood.
std::optional<RegexPrefix> regex_prefix(std::string_view pattern, bool latin1, PrefixOctets octets);

// Replaces `letters` by the text without ASCII's signs and blanks.
void take_letters(std::string_view text, std::string& letters);

}  // namespace postern
