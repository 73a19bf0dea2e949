// Finds a regular expression as rule files write it: /re/mods, m{re}mods, m!re!mods, m'...'.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "rules/rule_definition.h"

namespace postern {

struct RegexLiteral {
  bool ok = false;
  RegexSource source;     // its column is relative to the text that was scanned, from 1
  std::size_t end = 0;    // offset of the first octet after the modifiers
  bool has_hash = false;  // an unescaped '#', which SpamAssassin would take as a comment
  // When not ok: where (offset), what, and how to mend it.
  std::size_t at = 0;
  std::string what;
  std::string advice;
};

// Scans a literal that begins at text[from]. "\#" becomes "#", as SpamAssassin does with lines.
RegexLiteral scan_regex_literal(std::string_view text, std::size_t from);

}  // namespace postern
