// Translates a Perl regular expression into RE2's syntax, where that keeps its meaning.
//
// RE2 runs in time linear in the text, so what needs backtracking has no translation: look-around,
// back-references, atomic groups, recursion. Such an expression becomes a superset: one that
// matches wherever the original does, and elsewhere too. Assertions ask for nothing there, a
// back-reference becomes what its group could match. Where a superset hits, PCRE2 decides
// (rules/pcre_confirm.h). The table of what is translated is in rules/README.md; whatever is not
// named there means the same in both (RE2's doc/syntax.txt).
//
// Differences that remain, chosen on purpose: "." and "[^x]" take a whole UTF-8 character where
// SpamAssassin takes an octet, except in expressions that name octets ("\xe2\x80"), which are
// matched octet by octet as SpamAssassin does; "$" may consume the line end before which it stands.
#pragma once

#include <cstddef>
#include <string>

#include "rules/rule_definition.h"

namespace postern {

// exact: the same meaning, else a superset. loose: a superset whose large counts are widened, too,
// for what is too large for RE2. widest: one that is as small as it can be.
enum class RegexForm : std::uint8_t { exact, superset, loose, widest };

struct RegexTranslation {
  bool ok = false;
  bool exact = true;   // false: a superset
  RegexSource source;  // what PCRE2 compiles where RE2 has only a superset
  std::string re2;     // with its modifiers in front: "(?i)..."
  bool bytes = false;  // to be compiled and matched as Latin-1: one octet is one character
  // When not ok: offset in the pattern, what, and how to mend it.
  std::size_t at = 0;
  std::string what;
  std::string advice;
};

// `bytes`: the text is not known to be UTF-8 (raw header, full message).
// `form` is the best to be tried.
RegexTranslation translate_regex(const RegexSource& source, bool bytes,
                                 RegexForm form = RegexForm::exact);

}  // namespace postern
