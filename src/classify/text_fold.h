// Folding: text as the tokenizer reads it, so that tricks with characters change nothing.
//
// Invisible characters go (zero-width ones, soft hyphen, directional marks, byte order mark), wide
// forms become ASCII, odd spaces and apostrophes the common ones, and ASCII letters lower case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

enum class LetterCase : std::uint8_t { lower, keep };

// Appends the folded text to `out` until `out` has `limit` octets (a character may be cut there).
// Gives the number of invisible characters that were removed.
std::size_t fold_text(std::string_view text, std::size_t limit, LetterCase letter_case,
                      std::string& out);

// Replaces Cyrillic and Greek letters that look like Latin ones by those ("раураl" -> "paypal").
// True when the token has both Latin letters and such look-alikes, which no language writes.
bool fold_look_alikes(std::string_view token, std::string& out);

}  // namespace postern
