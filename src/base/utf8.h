// UTF-8 (RFC 3629): whether text is. All functions are pure and linear.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern {

// How many octets at the start are ASCII (0x00 to 0x7F).
std::size_t ascii_prefix(std::string_view text);
inline bool is_ascii(std::string_view text) { return ascii_prefix(text) == text.size(); }

// How many octets at the start are valid UTF-8: no overlong forms, surrogates or values beyond
// U+10FFFF, and no sequence cut off at the end.
std::size_t utf8_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

struct Utf8Sequence {
  std::size_t octets;  // of the character, or of the longest valid beginning of one (at least 1)
  bool valid;
  bool cut;  // a valid beginning that the end of the text cut off
};

// What `text`, which is not empty, begins with.
Utf8Sequence utf8_sequence_at(std::string_view text);

}  // namespace postern
