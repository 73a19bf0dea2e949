#include "rules/regex_translation.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace postern {
namespace {

struct Row {
  const char* pattern;
  const char* modifiers;
  const char* text;
  bool hits;
};

TEST(RegexTranslation, MeansWhatPerlMeans) {
  const Row rows[] = {
      {"free", "", "it is free", true},
      {"FREE", "i", "it is free", true},
      {"a.b", "", "a\nb", false},
      {"a.b", "s", "a\nb", true},
      {"^b", "", "a\nb", false},
      {"^b", "m", "a\nb", true},
      {"a$", "", "a\n", true},
      {"a$", "", "a\nb", false},
      {"a$", "m", "a\nb", true},
      {"a\\Z", "", "a\n", true},
      {"a\\z", "", "a\n", false},
      {"a b # note", "x", "ab", true},
      {"a\\ b", "x", "a b", true},
      {"a[ ]b", "x", "a b", true},
      {"a\\hb", "",
       "a\xc2\xa0"
       "b",
       true},
      {"[\\h,]b", "", "a\tb", true},
      {"a\\Hb", "", "a b", false},
      {"a\\Rb", "", "a\r\nb", true},
      {"a\\vb", "", "a\nb", true},
      {"\\e\\x41\\x{42}\\103\\cA", "",
       "\x1b"
       "ABC\x01",
       true},
      {"\\N{U+20AC}", "", "1 \xe2\x82\xac", true},
      {"\\xe2\\x82\\xac", "", "1 \xe2\x82\xac", true},
      {"[\\x80-\\xff]", "", "caf\xc3\xa9", true},
      {"[\xc3\xa9\xc3\xa8]$", "", "caf\xc3\xa9", true},
      {"\\Q1+1=2?\\E", "", "1+1=2?", true},
      {"\\Q1+1=2?\\E", "", "11=2", false},
      {"(?i:A)B", "", "aB", true},
      {"(?i:A)B", "", "ab", false},
      {"a(?i)b|c", "", "C", true},
      {"(?^:A)", "i", "a", false},
      {"(?<n>a)(?'m'b)(?P<o>c)", "", "abc", true},
      {"(?|a|b)", "", "b", true},
      {"a(?#b)c", "", "ac", true},
      {"a{,2}b", "", "b", true},
      {"a{x}", "", "a{x}", true},
      {"[[:alpha:]_]{3}", "", "12ab_", true},
      {"[]a]", "", "]", true},
      {"[^]a]", "", "]", false},
      {"[a[b]", "", "[", true},
      {"\\yes\\_\\/\\#", "", "yes_/#", true},
      {"\\p{Cyrillic}", "", "\xd0\xb6", true},
      {"\\bfree\\b", "", "freedom", false},
      {"a\\Nb", "", "a\nb", false},
  };
  for (const Row& row : rows) {
    const RegexTranslation regex = translate_regex({row.pattern, row.modifiers, 1}, false);
    ASSERT_TRUE(regex.ok) << row.pattern << ": " << regex.what;
    re2::RE2::Options options;
    if (regex.bytes) options.set_encoding(re2::RE2::Options::EncodingLatin1);
    const re2::RE2 compiled(regex.re2, options);
    ASSERT_TRUE(compiled.ok()) << row.pattern << " -> " << regex.re2 << ": " << compiled.error();
    EXPECT_EQ(re2::RE2::PartialMatch(row.text, compiled), row.hits)
        << row.pattern << " -> " << regex.re2;
  }
}

TEST(RegexTranslation, BecomesASupersetWhereRe2HasNoWord) {
  const struct {
    const char* pattern;
    const char* re2;
  } rows[] = {
      {"ab(?=c)", "ab(?:)"},
      {"(?!c(?:d)[)])x", "(?:)x"},
      {"x(?<=c)", "x(?:)"},
      {"(?<!c)", "(?:)"},
      {"(?>a|ab)c", "(?:a|ab)c"},
      {"[ab]++a", "[ab]+a"},
      {"(a+)b\\1", "(a+)b(?:a+)"},
      {"(?i)(a)\\g{-1}", "(?i)(a)(?i:a)"},
      {"(?<n>a)\\k<n>", "(a)(?:a)"},
      {"(\\ba)\\1", "(\\ba)(?s:.*)"},
      {"(?=(a))b(c)\\2", "(?:)b(c)(?:c)"},
      {"(a)?(?(1)b|c)", "(a)?(?s:.*)"},
      {"a{2,1001}", "a{2,}"},
      {"a(*SKIP)b", "a(?:)b"},
      {"a$(?:b|c)", "a(?m:$)(?:b|c)"},
      {"a\\Kb", "a(?:)b"},
  };
  for (const auto& row : rows) {
    const RegexTranslation regex = translate_regex({row.pattern, "", 1}, false);
    ASSERT_TRUE(regex.ok) << row.pattern << ": " << regex.what;
    EXPECT_FALSE(regex.exact) << row.pattern;
    EXPECT_EQ(regex.re2, row.re2) << row.pattern;
  }
}

TEST(RegexTranslation, PossessiveIsExactWhereGivingBackCannotHelp) {
  for (const char* pattern : {"[^>]++>", "a++b", "\\d++\\.", "ab++"}) {
    EXPECT_TRUE(translate_regex({pattern, "", 1}, false).exact) << pattern;
  }
  EXPECT_FALSE(translate_regex({"a++A", "i", 1}, false).exact);
  EXPECT_FALSE(translate_regex({".++b", "", 1}, false).exact);
}

TEST(RegexTranslation, RefusesWhatNobodyCanRunAndSaysWhere) {
  const struct {
    const char* pattern;
    std::size_t at;
    const char* what;
  } rows[] = {
      {"(?{code})", 0, "code"},     {"(*WHAT)", 0, "verb"},         {"(a", 0, "no closing ')'"},
      {"a)", 1, "')' without '('"}, {"x[a", 1, "no closing ']'"},   {"a\\", 1, "lone"},
      {"(?y)", 2, "unknown group"}, {"\\x{110000}", 0, "U+10FFFF"},
  };
  for (const auto& row : rows) {
    const RegexTranslation regex = translate_regex({row.pattern, "", 1}, false);
    EXPECT_FALSE(regex.ok) << row.pattern;
    EXPECT_EQ(regex.at, row.at) << row.pattern;
    EXPECT_NE(regex.what.find(row.what), std::string::npos) << row.pattern << ": " << regex.what;
    EXPECT_FALSE(regex.advice.empty()) << row.pattern;
  }
}

TEST(RegexTranslation, OctetsAreChosenByTextOrByExpression) {
  EXPECT_FALSE(translate_regex({"\\x41\\x7f", "", 1}, false).bytes);
  EXPECT_TRUE(translate_regex({"\\xA0", "", 1}, false).bytes);
  EXPECT_TRUE(translate_regex({"\\240", "", 1}, false).bytes);
  EXPECT_TRUE(translate_regex({"caf\xe9", "", 1}, false).bytes);
  EXPECT_TRUE(translate_regex({"a", "", 1}, true).bytes);
}

}  // namespace
}  // namespace postern
