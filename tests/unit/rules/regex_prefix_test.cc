#include "rules/regex_prefix.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>

#include "rules/prefix_scanner.h"

namespace postern {
namespace {

// The ASCII octets that a match may have at a distance; "*" when they are all.
std::string octets_at(const RegexPrefix& prefix, std::size_t distance) {
  std::string octets;
  for (std::size_t octet = 0; octet < 0x80; ++octet) {
    if (prefix.octets[distance][octet]) octets += static_cast<char>(octet);
  }
  return octets.size() == 0x80 ? "*" : octets;
}

std::string first_octets(const std::string& pattern, PrefixOctets octets = PrefixOctets::all) {
  const auto prefix = regex_prefix(pattern, false, octets);
  if (!prefix) return "nothing";
  std::string text;
  for (std::size_t i = 0; i < 4; ++i) text += (i == 0 ? "" : " ") + octets_at(*prefix, i);
  return text;
}

TEST(RegexPrefixTest, TellsWhatAMatchBeginsWith) {
  struct Row {
    const char* pattern;
    const char* octets;
  };
  const std::vector<Row> rows = {
      {"abcd", "a b c d"},
      {"ab", "a b * *"},
      {"a?bcde", "ab bc cd de"},
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

TEST(RegexPrefixTest, KnowsNothingOfWhatMayBeEmptyOrIsNotUnderstood) {
  for (const char* pattern :
       {"", "a*", "a|", "(?:^|\\b)", "(?=a)", "a**", "[a", "(a", "\\C", "a)"}) {
    EXPECT_EQ(first_octets(pattern), "nothing") << pattern;
  }
}

TEST(RegexPrefixTest, LeavesSignsOut) {
  EXPECT_EQ(first_octets("v[_ ]{0,3}i[_ ]?a-g", PrefixOctets::letters), "v i a g");
  EXPECT_EQ(first_octets("[v/]iagra", PrefixOctets::letters), "iv ai ag gr")
      << "a sign may stand for the letter";
  EXPECT_EQ(first_octets("\\s+", PrefixOctets::letters), "nothing");
}

TEST(RegexPrefixTest, SpellsCharactersInUtf8) {
  const auto prefix = regex_prefix("(?:\xc3\xa9|\xe2\x82\xac)x", false, PrefixOctets::all);
  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->octets[0][0xc3]);
  EXPECT_TRUE(prefix->octets[0][0xe2]);
  EXPECT_FALSE(prefix->octets[0][0xc4]);
  EXPECT_TRUE(prefix->octets[1][0xa9]);
  EXPECT_TRUE(prefix->octets[2]['x']);
  EXPECT_TRUE(prefix->octets[2][0xac]);
}

TEST(RegexPrefixTest, GivesUpOnNestedCountsInsteadOfCountingThem) {
  std::string pattern = "a";
  for (int i = 0; i < 150; ++i) pattern = "(?:" + pattern + "?b?){0,9}";
  EXPECT_EQ(first_octets(pattern + "c").substr(0, 3), "abc");
}

// Whatever matches must begin where the scanner says that it may.
TEST(PrefixScannerTest, FindsEveryExpressionThatMatches) {
  const std::vector<std::string> pieces = {
      "a",     "b",          "[ab]", "[^a]",  ".",      "\\w",      "\\W", "\\s",   "a?",     "b*",
      "a{2,}", "(?:ab|b-a)", "\\b",  "(?i)a", "(?i:K)", "\xc3\xa9", "-",   "[_-]?", "\\d{2}", "$"};
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
    for (const PrefixOctets octets : {PrefixOctets::all, PrefixOctets::letters}) {
      const auto prefix = regex_prefix(pattern, false, octets);
      if (!prefix) continue;
      ++matched;
      std::string letters;
      take_letters(text, letters);
      std::vector<PrefixScanner::Found> found;
      // Behind 70 others, so that it is in the second block.
      std::vector<RegexPrefix> prefixes(70);
      prefixes.push_back(*prefix);
      PrefixScanner(prefixes).scan(octets == PrefixOctets::all ? text : letters, found);
      ASSERT_EQ(found.size(), 1u) << pattern << " in " << text;
      EXPECT_EQ(found.front().prefix, 70u);
      if (octets == PrefixOctets::letters) continue;
      // All matches begin within what was found.
      re2::StringPiece match;
      for (std::size_t at = 0; regex.Match(text, at, text.size(), re2::RE2::UNANCHORED, &match, 1);
           ++at) {
        at = static_cast<std::size_t>(match.data() - text.data());
        EXPECT_GE(at, found.front().begins.begin) << pattern << " in " << text;
        EXPECT_LT(at, found.front().begins.end) << pattern << " in " << text;
      }
    }
  }
  EXPECT_GT(matched, 500);
}

}  // namespace
}  // namespace postern
