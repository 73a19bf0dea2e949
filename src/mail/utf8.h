// UTF-8 (RFC 3629): checking, repairing and writing it. All functions are pure and linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/arena.h"

namespace postern {

// How many octets at the start are ASCII (0x00 to 0x7F).
std::size_t ascii_prefix(std::string_view text);
inline bool is_ascii(std::string_view text) { return ascii_prefix(text) == text.size(); }

// How many octets at the start are valid UTF-8: no overlong forms, surrogates or values beyond
// U+10FFFF, and no sequence cut off at the end.
std::size_t utf8_prefix(std::string_view text);
inline bool is_utf8(std::string_view text) { return utf8_prefix(text) == text.size(); }

// At most `limit` octets of `text`, which is valid UTF-8, without cutting a character apart.
std::string_view utf8_clipped(std::string_view text, std::size_t limit);

// The text without a sequence that is cut off at its end; anything else stays as it is.
std::string_view without_cut_character(std::string_view text);

// Every invalid sequence becomes one U+FFFD (the "maximal subpart" practice of Unicode 3.9).
// Returns `text` itself when it is valid.
std::string_view repaired_utf8(std::string_view text, Arena& arena);

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

// Writes 1 to 4 octets; values that are no scalar value become U+FFFD. Returns the end.
char* write_utf8(char32_t code_point, char* out);
void append_utf8(char32_t code_point, std::string& out);

}  // namespace postern
