// Folding: text as the tokenizer reads it, so that tricks with characters change nothing.
//
// Invisible characters go (Unicode's default-ignorable ones: zero-width, soft hyphen, directional
// marks, variation selectors, tags ...), everything else takes its NFKC form (mathematical,
// wide and circled letters become plain ones), odd spaces, apostrophes and hyphens become the
// common ones, and letters lower case where that is asked for. ASCII and the letters of most
// alphabets take a fast path; ICU sees only the rest.
//
// Any octets are welcome: what is not UTF-8 stays as it is. Linear. Thread rule: free functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

enum class LetterCase : std::uint8_t { lower, keep };

// Appends the folded text to `out` until `out` has `limit` octets; no character is cut apart.
// Gives the number of invisible characters that were removed, without those that emoji are made
// with.
std::size_t fold_text(std::string_view text, std::size_t limit, LetterCase letter_case,
                      std::string& out);

// True for Unicode's Default_Ignorable_Code_Point.
bool is_invisible(char32_t code_point);

// Writes the token as it looks (look_alikes.h) to `out`: "раураl" -> "paypal". Marks on top of
// letters, which no folding composed, are dropped. True when the whole of it looks Latin, some of
// it is not, and no language would write it so: Latin letters among others.
bool fold_look_alikes(std::string_view token, std::string& out);

// The same for each word of a folded text, in place where a word is a disguise; gives how many
// words are.
std::size_t undisguise(std::string& text, std::string& scratch);

// "pr1ze", "g00gle": writes the token with 0 and 1 as the letters that they look like. True when
// the token has only those digits, begins with a letter and has more letters than digits.
bool fold_digits(std::string_view token, std::string& out);

}  // namespace postern
