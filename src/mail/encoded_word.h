// Encoded words: RFC 2047, with the language of RFC 2231 section 5.
#pragma once

#include <string_view>

#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

// The text with every encoded word decoded, in UTF-8. White space between two encoded words goes
// (RFC 2047 section 6.2). Raw octets over 127 are UTF-8 where valid, else windows-1252.
//
// QUIRKs: adjacent words of one charset are joined before they are converted, because senders cut
// characters apart; words are found inside other words and in quoted strings; white space and "?"
// inside a word are tolerated; what is no encoded word stays as written.
std::string_view decode_encoded_words(std::string_view text, Arena& arena, Defects& defects);

}  // namespace postern
