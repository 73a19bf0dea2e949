#include "rules/needed_literals.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace postern {
namespace {

// The clauses in words: literals joined by "|", clauses by " & ", each in byte order.
std::string needed(const std::string& pattern, bool octets = false) {
  re2::RE2::Options options;
  if (octets) options.set_encoding(re2::RE2::Options::EncodingLatin1);
  std::vector<std::string> clauses;
  for (LiteralClause clause : needed_literals(pattern, options)) {
    std::sort(clause.begin(), clause.end());
    std::string text;
    for (const std::string& literal : clause) text += (text.empty() ? "" : "|") + literal;
    clauses.push_back(text);
  }
  std::sort(clauses.begin(), clauses.end());
  std::string all;
  for (const std::string& clause : clauses) all += (all.empty() ? "" : " & ") + clause;
  return all;
}

TEST(NeededLiterals, AreThoseOfEveryMatch) {
  const struct {
    const char* pattern;
    const char* literals;
  } rows[] = {
      {"viagra", "viagra"},
      {"(?i)VIAGRA", "viagra"},
      {"cheap\\d+pills", "cheap & pills"},
      {"buy (?:gold|silver)!", "buy gold!|buy silver!"},
      {"(?:gold|silver)[^x](?:now|today)", "gold|silver & now|today"},
      {"free(?:money)?", "free"},
      {"\\d+", ""},
      {"gold|\\d", ""},
      {"x", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(needed(row.pattern), row.literals) << row.pattern;
}

TEST(NeededLiterals, OfLettersWithCaseBeyondAsciiNothingIsKnown) {
  EXPECT_EQ(needed("\xd0\xb6\xd0\xb6"), "");                                  // Cyrillic
  EXPECT_EQ(needed("caf\xc3\xa9 free\\d"), "");                               // one literal
  EXPECT_EQ(needed("\xe4\xbc\x9a\xe5\x93\xa1"), "\xe4\xbc\x9a\xe5\x93\xa1");  // ideographs
  EXPECT_EQ(needed("\\xe2\\x80", true), "\xe2\x80");                          // octets
  EXPECT_EQ(needed("[a-z]\xe2\x80\x8b[a-z]"), "\xe2\x80\x8b");                // a space of no width
  EXPECT_EQ(needed("\xeb\xac\xb4\xeb\xa3\x8c"), "\xeb\xac\xb4\xeb\xa3\x8c");  // Hangul
  EXPECT_EQ(needed("\\x{b5}\\x{b5}"), "");                                    // mu has capitals
}

}  // namespace
}  // namespace postern
