#include "rules/pattern_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace postern {
namespace {

// Pieces that patterns and texts share, so that near misses and hits are both common.
const std::vector<std::string> words = {"viagra",
                                        "VIAGRA",
                                        "free",
                                        "Free",
                                        "k",
                                        "\xe2\x84\xaa",
                                        "kiss",
                                        "ki\xc5\xbf\xc5\xbf",
                                        "caf\xc3\xa9",
                                        "CAF\xc3\x89",
                                        "1234",
                                        " ",
                                        "\n",
                                        "mon",
                                        "money",
                                        "ney",
                                        ".",
                                        "\xd0\xb6",
                                        "\xd0\x96",
                                        "e",
                                        "\xe4\xbc\x9a\xe5\x93\xa1",
                                        "\xe4\xbc\x9a"};

const std::vector<std::string> pattern_pieces = {"viagra",
                                                 "fr[e3]{2}",
                                                 "kiss",
                                                 "money",
                                                 "caf\xc3\xa9",
                                                 "\\d{2,4}",
                                                 "mon.?ey",
                                                 "\\bfree\\b",
                                                 "(?:viagra|kiss)",
                                                 "\xd0\xb6",
                                                 "^mon",
                                                 "ney$",
                                                 "\\s+",
                                                 ".{0,3}",
                                                 "\\xc3\\xa9",
                                                 "[^a]",
                                                 "\xe4\xbc\x9a\xe5\x93\xa1",
                                                 "\\xe4\\xbc",
                                                 "(?!m)",
                                                 "(?<=e)",
                                                 "(.)\\1"};

struct Generator {
  explicit Generator(unsigned seed) : random(seed) {}
  std::mt19937 random;
  std::string pick(const std::vector<std::string>& from) { return from[random() % from.size()]; }
  std::string many(const std::vector<std::string>& from, unsigned most) {
    std::string text;
    for (auto count = 1 + random() % most; count > 0; --count) text += pick(from);
    return text;
  }
};

TEST(PatternSet, PrefilteredEqualsEachAlone) {
  Generator generator(20261123);
  PatternSet set;
  std::vector<std::unique_ptr<PatternSet>> alone;
  while (set.size() < 200) {
    const std::string modifiers = generator.random() % 2 == 0 ? "i" : "";
    const bool bytes = generator.random() % 2 == 0;
    const auto regex = translate_regex({generator.many(pattern_pieces, 4), modifiers, 1}, bytes);
    const std::uint32_t most = generator.random() % 3 == 0 ? 5 : 1;
    ASSERT_TRUE(regex.ok);
    ASSERT_EQ(set.add(regex, most), "");
    alone.push_back(std::make_unique<PatternSet>());
    ASSERT_EQ(alone.back()->add(regex, most), "");
    alone.back()->compile();
  }
  set.compile();

  std::size_t hits = 0, pairs = 0;
  std::vector<std::uint32_t> counts(set.size()), single(1);
  for (int round = 0; round < 500; ++round) {
    const std::string text = generator.many(words, 30);
    const std::size_t cut = generator.random() % (text.size() + 1);
    const std::string_view whole = text;
    const std::vector<std::string_view> chunks = {whole.substr(0, cut), whole.substr(cut)};
    PcreBudget budget;
    set.count(chunks, budget, counts);
    for (std::size_t i = 0; i < set.size(); ++i) {
      PcreBudget own_budget;
      alone[i]->count(chunks, own_budget, single);
      ASSERT_EQ(counts[i], single[0]) << "pattern " << i << " on " << text;
      hits += counts[i] > 0 ? 1 : 0;
      ++pairs;
    }
  }
  EXPECT_GT(hits, pairs / 20);  // the texts are not all misses, nor all hits
  EXPECT_LT(hits, pairs * 19 / 20);
}

TEST(PatternSet, CountsWithoutOverlapUpToTheLimit) {
  PatternSet set;
  ASSERT_EQ(set.add(translate_regex({"aa", "", 1}, false), 100), "");
  ASSERT_EQ(set.add(translate_regex({"aa", "", 1}, false), 2), "");
  ASSERT_EQ(set.add(translate_regex({"x*", "", 1}, false), 100), "");
  set.compile();
  PcreBudget budget;
  std::vector<std::uint32_t> counts(3);
  set.count({"aaaaaa", " a"}, budget, counts);
  EXPECT_EQ(counts[0], 3u);
  EXPECT_EQ(counts[1], 2u);
  EXPECT_EQ(counts[2], 10u);  // before each octet and at each end
}

// Large expressions are looked for in a smaller form first.
TEST(PatternSet, LargeExpressionsAreFoundLikeOthers) {
  std::string names;
  for (int i = 0; i < 300; ++i) names += (i == 0 ? "" : "|") + std::to_string(i * 7919 % 1000);
  const std::string item = "(?:(?:" + names + ")?(?:(?:the|my) )?(?:" + names + ")[:,.] ?)";
  PatternSet set;
  for (const char* count : {"{2}", "{4}", "{5}", "{3,}"}) {
    const auto regex = translate_regex({item + count, "i", 1}, true);
    ASSERT_TRUE(regex.ok);
    ASSERT_EQ(set.add(regex, 1), "");
    ASSERT_GT(set.program_size(set.size() - 1), 2000u);
  }
  set.compile();

  for (int items = 0; items < 8; ++items) {
    std::string text = "please say: ";
    for (int i = 0; i < items; ++i) text += "my " + std::to_string(i * 7919 % 1000) + ", ";
    std::vector<std::uint32_t> counts(set.size());
    PcreBudget budget;
    set.count({text, "and nothing else"}, budget, counts);
    const std::vector<std::uint32_t> expected = {items >= 2, items >= 4, items >= 5, items >= 3};
    EXPECT_EQ(counts, expected) << text;
  }
}

TEST(PatternSet, SaysWhyAnExpressionCannotBeCompiled) {
  PatternSet set;
  RegexTranslation regex;
  regex.re2 = "a[";
  EXPECT_NE(set.add(regex, 1), "");
  regex.re2 = "((.{1000}){100}){100}";
  EXPECT_NE(set.add(regex, 1), "");
  EXPECT_EQ(set.size(), 0u);
}

std::vector<std::uint32_t> found_in(const LiteralScanner& scanner, std::string_view text) {
  LiteralScanner::Found found(scanner);
  scanner.scan(text, found);
  std::vector<std::uint32_t> literals = found.literals();
  std::sort(literals.begin(), literals.end());
  return literals;
}

TEST(LiteralScanner, FindsLiteralsInsideOfOthers) {
  const LiteralScanner scanner({"he", "she", "hers", "is"});
  EXPECT_EQ(found_in(scanner, "uSHErs"), (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(found_in(scanner, "h\xc5\xbf i\xc5\xbf"), (std::vector<std::uint32_t>{3}));
}

TEST(LiteralScanner, ForgetsTheTextBefore) {
  const LiteralScanner scanner({"one", "two"});
  LiteralScanner::Found found(scanner);
  scanner.scan("one two", found);
  scanner.scan("two two", found);
  EXPECT_EQ(found.literals(), (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace postern
