#include "rules/regex_core.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rules/begin_automaton.h"

namespace postern {
namespace {

struct Row {
  const char* pattern;
  const char* first;     // octets that the core begins with
  const char* in_front;  // "any", or the octets below 0x80 and, as "^", the text's beginning
  int before;            // -1: no limit
};

// The octets below 0x80; "^": beyond the text; "any": all of them.
std::string shown(const RegexCore::Octets& octets) {
  if (octets.all()) return "any";
  std::string text = octets[RegexCore::text_begin] ? "^" : "";
  for (std::size_t octet = 0; octet < 0x80; ++octet) {
    if (octets[octet]) text += static_cast<char>(octet);
  }
  return text;
}

TEST(RegexCoreTest, LeavesOutWhatTellsLittle) {
  const std::vector<Row> rows = {
      {"abc", "a", "any", 0},
      {"a?bc", "b", "any", 1},
      {"\\s*bc", "b", "any", -1},
      {"[ _]{0,3}(?:x?y|z)c", "yxz", "any", 3},
      {"(?:^|[ #])ab", "a", "^ #", 1},
      {"(?m)(?:^|#)ab", "a", "^\n#", 1},
      {"^ab", "a", "^", 0},
      {"\\Aab", "a", "^", 0},
      {"(?m)^ab", "a", "^\n", 0},
      {"(?m:^)(?:)ab", "a", "^\n", 0},
      {"(?m:x)^ab", "x", "any", 0},
      {"^ *ab", "a", "any", -1},
      {"(?:^| )(?:[ -]ab|cd)", "c -", "^ ", 1},
      {"(?:^| )(?:[ -](?:ab|cd))", "ac", " -", 2},
      {"\\bab", "a", "^", 0},
      {"(?:\\bab)", "a", "^", 0},
      {"\\b(?:-a|ba)", "-b", "any", 0},
      {"(?:#|-)ab", "-#", "any", 0},
      {"(?: ?a?bc){3}", "b", "any", 2},
      {"(?: ?a?bc)*d", "d", "any", -1},
  };
  for (const Row& row : rows) {
    const auto tree = parse_regex(row.pattern, true);
    ASSERT_TRUE(tree) << row.pattern;
    const RegexCore core = regex_cores(*tree, true).front();
    const auto automaton = BeginAutomaton::compile(core, true);
    ASSERT_TRUE(automaton) << row.pattern;
    std::string first = row.first;
    std::sort(first.begin(), first.end());
    EXPECT_EQ(shown(automaton->possible(1).front()), first) << row.pattern;
    EXPECT_EQ(core.before ? static_cast<int>(*core.before) : -1, row.before) << row.pattern;
    if (core.at_word_boundary) continue;
    EXPECT_EQ(shown(core.in_front), row.in_front) << row.pattern;
  }
}

TEST(RegexCoreTest, KeepsAnExpressionOfWhichNothingElseIsLeft) {
  for (const char* pattern : {" +", "(?:\\s{3})x*", "(?: |a)b?"}) {
    const auto cores = regex_cores(*parse_regex(pattern, true), true);
    ASSERT_FALSE(cores.empty()) << pattern;
    EXPECT_EQ(cores.front().before, 0u) << pattern;
    EXPECT_TRUE(cores.front().in_front.all()) << pattern;
  }
  for (const char* pattern : {"", "a?", "(?:^|b)", "x*\\b"}) {
    EXPECT_TRUE(regex_cores(*parse_regex(pattern, true), true).empty()) << pattern;
  }
}

TEST(RegexCoreTest, HasNoneForWhatMayMatchNothing) {
  for (const char* pattern : {"(?:aa)?", "(?:aa)*", "(?:ab){0,3}", "a?", "(?:ab)?c?", "(?:a|b?)"}) {
    const auto tree = parse_regex(pattern, true);
    ASSERT_TRUE(tree) << pattern;
    EXPECT_TRUE(regex_cores(*tree, true).empty()) << pattern;
  }
}

TEST(RegexCoreTest, OffersLaterPartsToo) {
  const auto cores = regex_cores(*parse_regex("^[a-z]{6}\\s{8}x?[A-Z]{9}", true), true);
  std::vector<std::string> begins;
  for (const RegexCore& core : cores) {
    begins.push_back(shown(BeginAutomaton::compile(core, true)->possible(1).front()).substr(0, 3) +
                     " " + (core.before ? std::to_string(*core.before) : "any"));
  }
  const std::vector<std::string> expected = {"abc 0", "abc 0", "\t\n\f 6", "ABC 15"};
  EXPECT_EQ(begins, expected);
  EXPECT_EQ(shown(cores[1].in_front), "^") << "of the whole the assertion is kept";
  EXPECT_LE(regex_cores(*parse_regex("abcdefghijkl", true), true).size(), most_cores);
}

TEST(RegexCoreTest, KnowsWhatCanStandAtAWordBoundary) {
  const auto in_front = [](const char* pattern) {
    return BeginAutomaton::compile(regex_cores(*parse_regex(pattern, true), true).front(), true)
        ->in_front();
  };
  const auto word = in_front("\\bab");
  EXPECT_FALSE(word['a']);
  EXPECT_FALSE(word['_']);
  EXPECT_TRUE(word['-']);
  EXPECT_TRUE(word[0xe4]);
  EXPECT_TRUE(word[BeginAutomaton::beyond_text]);
  const auto sign = in_front("\\b-b");
  EXPECT_TRUE(sign['a']);
  EXPECT_FALSE(sign['-']);
  EXPECT_FALSE(sign[BeginAutomaton::beyond_text]);
}

}  // namespace
}  // namespace postern
