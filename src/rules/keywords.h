// The keywords of SpamAssassin's configuration that Postern knows of but has no use for.
//
// Thread rule: free functions over constant tables.
#pragma once

#include <string_view>

namespace postern {

// Why a known keyword does nothing here, as part of a sentence; nullptr for an unknown keyword.
const char* why_ignored(std::string_view keyword);

// Does this keyword define a rule (`KEYWORD NAME ...`), of whatever kind?
bool defines_rule(std::string_view keyword);

// A word that `tflags` may carry, with or without "=...".
bool is_known_flag(std::string_view flag);

}  // namespace postern
