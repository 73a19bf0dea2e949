#include "rules/begin_scanner.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>
#include <string>

#include "rules/regex_tree.h"

namespace postern {
namespace {

struct Begin {
  RegexCore core;
  BeginAutomaton automaton;
};

std::optional<Begin> begin_of(const std::string& pattern, bool latin1 = false,
                              std::size_t which = 0) {
  const auto tree = parse_regex(pattern, latin1);
  if (!tree) return {};
  const auto cores = regex_cores(*tree, latin1);
  if (cores.empty()) return {};
  RegexCore core = cores[which % cores.size()];
  auto automaton = BeginAutomaton::compile(core, latin1);
  if (!automaton) return {};
  return Begin{std::move(core), std::move(*automaton)};
}

// The ASCII octets that a match may have at a distance; "*" when they are all.
std::string shown(const BeginAutomaton::Octets& possible) {
  std::string octets;
  for (std::size_t octet = 0; octet < 0x80; ++octet) {
    if (possible[octet]) octets += static_cast<char>(octet);
  }
  return octets.size() == 0x80 ? "*" : octets;
}

std::string first_octets(const std::string& pattern) {
  const auto begin = begin_of(pattern);
  if (!begin) return "nothing";
  std::string text;
  for (const auto& possible : begin->automaton.possible(4)) {
    text += (text.empty() ? "" : " ") + shown(possible);
  }
  return text;
}

TEST(BeginAutomatonTest, TellsWhatAMatchBeginsWith) {
  struct Row {
    const char* pattern;
    const char* octets;
  };
  const std::vector<Row> rows = {
      {"abcd", "a b c d"},
      {"ab", "a b * *"},
      {"ab*cdef", "a bc bcd bcde"},
      {"ab+cde", "a b bc bcd"},
      {"ab{2}cd", "a b b c"},
      {"ab{1,2}cd", "a b bc cd"},
      {"(?:ab|cd)ef", "ac bd e f"},
      {"(?P<name>ab)(c)d", "a b c d"},
      {"(?i)list", "Ll Ii Ss Tt"},
      {"(?i:a)bcd", "Aa b c d"},
      {"a(?i)b(?-i)cd", "a Bb c d"},
      {"\\bab\\Bc^d$", "a b c d"},
      {"[a-c][^\\x00-`d-\\x{10ffff}][\\da][\\]b-]", "abc abc 0123456789a -]b"},
      {"\\x41\\x{42}\\103\\t", "A B C \t"},
      {"\\Qa.b\\Ec", "a . b c"},
      {"a{b}c", "a { b }"},
      {"[[:digit:]][[:punct:]a]cd", "0123456789 !\"#$%&'()*+,-./:;<=>?@[\\]^_`a{|}~ c d"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(first_octets(row.pattern), row.octets) << row.pattern;
  }
}

TEST(BeginAutomatonTest, KnowsNothingOfWhatMayBeEmptyOrIsNotUnderstood) {
  for (const char* pattern :
       {"", "a*", "a|", "(?:^|\\b)", "(?=a)", "a**", "[a", "(a", "\\C", "a)"}) {
    EXPECT_EQ(first_octets(pattern), "nothing") << pattern;
  }
}

TEST(BeginAutomatonTest, SpellsCharactersInUtf8) {
  const auto begin = begin_of("(?:\xc3\xa9|\xe2\x82\xac)x");
  ASSERT_TRUE(begin);
  const auto possible = begin->automaton.possible(3);
  EXPECT_TRUE(possible[0][0xc3]);
  EXPECT_TRUE(possible[0][0xe2]);
  EXPECT_FALSE(possible[0][0xc4]);
  EXPECT_TRUE(possible[1][0xa9]);
  EXPECT_TRUE(possible[2]['x']);
  EXPECT_TRUE(possible[2][0xac]);
}

TEST(BeginAutomatonTest, FoldsOctetsOneByOneInLatin1) {
  const auto begin = begin_of("(?i)[m\\x{e4}]k", true);
  ASSERT_TRUE(begin);
  const auto first = begin->automaton.possible(1).front();
  EXPECT_EQ(first.count(), 4u) << "m, M, and both forms of a letter with dots";
  EXPECT_TRUE(first[0xc4]);
}

TEST(BeginAutomatonTest, FoldsWhatIsLeftOutOfAClass) {
  const auto second = begin_of("(?i)x[^a-y]z")->automaton.possible(2).back();
  EXPECT_FALSE(second['M']);
  EXPECT_TRUE(second['Z']);
}

TEST(BeginAutomatonTest, FollowsAMatchToItsEnd) {
  const auto begin = begin_of("ab{2,}(?:c|de)");
  ASSERT_TRUE(begin);
  std::size_t steps = 0;
  EXPECT_TRUE(begin->automaton.may_begin("xabbbbcx", 1, 100, steps));
  EXPECT_EQ(steps, 6u);
  EXPECT_TRUE(begin->automaton.may_begin("abbde", 0, 100, steps));
  EXPECT_FALSE(begin->automaton.may_begin("abcde", 0, 100, steps));
  EXPECT_FALSE(begin->automaton.may_begin("abbd", 0, 100, steps)) << "the text ends too soon";
  steps = 0;
  EXPECT_TRUE(begin->automaton.may_begin("abbbbbbbb", 0, 5, steps)) << "too many steps";
}

TEST(BeginAutomatonTest, SaysThatOneMayBeginWhereItHasNoStates) {
  std::string pattern = "a", text = "a";
  for (int i = 0; i < 1000; ++i) {
    pattern += static_cast<char>('a' + i % 26);
    text += static_cast<char>('a' + i % 26);
  }
  const auto begin = begin_of(pattern);
  ASSERT_TRUE(begin);
  std::size_t steps = 0;
  EXPECT_TRUE(begin->automaton.may_begin(text, 0, 5000, steps));
  EXPECT_LT(steps, 1000u);
}

// Nested counts would be multiplied.
TEST(BeginAutomatonTest, CutsNestedCountsShort) {
  std::string optional = "a", needed = "a";
  for (int i = 0; i < 150; ++i) {
    optional = "(?:" + optional + "?b?){0,9}";
    needed = "(?:" + needed + "b){2,7}";
  }
  EXPECT_EQ(first_octets(optional + "c").substr(0, 1), "c");
  const std::string first = first_octets(needed + "c");
  EXPECT_TRUE(first == "nothing" || first.substr(0, 3) == "a b") << first;
}

TEST(BeginScannerTest, GivesUpOnWhatTakesTooLong) {
  // From every letter the automaton would go on to the end.
  const auto begin = begin_of("(?:[a-y]{2})+z");
  ASSERT_TRUE(begin);
  const std::string text(100'000, 'a');
  std::vector<BeginScanner::Found> found;
  const std::size_t steps = BeginScanner({begin->automaton}).scan(text, found);
  EXPECT_LT(steps, 4 * text.size());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().begins.end, text.size());
}

// Whatever matches must begin where the scanner says that it may.
TEST(BeginScannerTest, FindsEveryExpressionThatMatches) {
  const std::vector<std::string> pieces = {
      "a",       "b",      "[ab]",     "[^a]",       ".",     "\\w",    "\\W", "\\s",
      "a?",      "b*",     "a{2,}",    "(?:ab|b-a)", "\\b",   "(?i)a",  "^",   "(?m:^)",
      "(?:^|-)", "(?i:K)", "\xc3\xa9", "-",          "[_-]?", "\\d{2}", "$"};
  const std::vector<std::string> words = {
      "a",        "b",        "-",  "_",  " ",   "A", "k", "\xe2\x84\xaa",
      "\xc3\xa9", "\xc3\x89", "12", "\n", "\xff"};
  std::mt19937 random(7);
  int matched = 0;
  for (int turn = 0; turn < 4000; ++turn) {
    std::string pattern, text;
    for (auto count = 1 + random() % 4; count > 0; --count)
      pattern += pieces[random() % pieces.size()];
    for (auto count = random() % 12; count > 0; --count) text += words[random() % words.size()];
    const re2::RE2 regex(pattern, re2::RE2::Quiet);
    if (!regex.ok() || !re2::RE2::PartialMatch(text, regex)) continue;
    const auto begin = begin_of(pattern, false, random());
    if (!begin) continue;
    ++matched;
    // Behind 70 others, so that it is in the second block.
    std::vector<BeginAutomaton> automata(70, begin_of("never here")->automaton);
    automata.push_back(begin->automaton);
    std::vector<BeginScanner::Found> found;
    BeginScanner(automata).scan(text, found);
    ASSERT_EQ(found.size(), 1u) << pattern << " in " << text;
    EXPECT_EQ(found.front().expression, 70u);
    // All matches hold a core that begins within what was found.
    re2::StringPiece match;
    for (std::size_t at = 0; regex.Match(text, at, text.size(), re2::RE2::UNANCHORED, &match, 1);
         ++at) {
      at = static_cast<std::size_t>(match.data() - text.data());
      if (begin->core.before) {
        EXPECT_GE(at + *begin->core.before, found.front().begins.begin)
            << pattern << " in " << text;
      }
      EXPECT_LE(at, found.front().begins.end) << pattern << " in " << text;
      EXPECT_LT(found.front().begins.begin, at + std::max<std::size_t>(1, match.size())) << pattern;
    }
  }
  EXPECT_GT(matched, 500);
}

}  // namespace
}  // namespace postern
