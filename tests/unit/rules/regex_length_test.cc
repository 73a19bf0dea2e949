#include "rules/regex_length.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(RegexLength, IsTheLongestWayThroughAnExpression) {
  struct Row {
    const char* pattern;
    bool latin1;
    std::size_t length;
  };
  const Row rows[] = {
      {"abc", false, 3},        {"a|bcd|ef", false, 3},     {"(?:ab){2,5}c?", false, 11},
      {"^\\bab\\b$", false, 2}, {"[ab]{0,20}x", false, 21}, {"[^a]", false, 4},  // of UTF-8
      {"[^a]", true, 1},        {".{3}", false, 12},        {".{3}", true, 3},
      {"\xc3\xa9", false, 2},   {"(?i)k", false, 3},  // U+212A is a k, too
      {"(?i)k", true, 1},       {"(?:)*", false, 0},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(longest_match(row.pattern, row.latin1), row.length) << row.pattern;
  }
}

TEST(RegexLength, HasNoLimitWhereSomethingIsRepeatedWithoutOne) {
  for (const char* pattern : {"ab*", "a+b", "(?:a{1,3})*", "a{2,}", "(?:.{1000}){9}", "a["}) {
    EXPECT_FALSE(longest_match(pattern, false)) << pattern;
  }
}

}  // namespace
}  // namespace postern
