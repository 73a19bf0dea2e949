// UTF-8 (RFC 3629): cutting, repairing and writing it; base/utf8.h checks it. All functions are
// pure and linear.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "mail/arena.h"

namespace postern {

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
