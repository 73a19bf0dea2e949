// Charsets to UTF-8. The only file that uses ICU's converters.
//
// Thread rule: safe from any thread; converters are kept per thread because opening one is dear.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

// The text in UTF-8: `octets` itself when it already is, else in the arena. At most `limit`
// octets; what is beyond is left out (Defect::truncated).
//
// Charset names are matched as RFC 2978 asks: case does not matter. QUIRKs, all of them what
// mail clients do: US-ASCII and ISO-8859-1 mean windows-1252; octets that should be ASCII but are
// UTF-8 are UTF-8; GB2312 means GB18030; an empty name means UTF-8 where valid, else windows-1252,
// and so does an unknown one (Defect::unknown_charset). Invalid octets become U+FFFD
// (Defect::bad_charset_octets).
std::string_view to_utf8(std::string_view octets, std::string_view charset, std::size_t limit,
                         Arena& arena, Defects& defects);

// UTF-8 where valid, else windows-1252: for raw octets over 127 where nothing names a charset.
std::string_view guessed_utf8(std::string_view octets, Arena& arena);

}  // namespace postern
