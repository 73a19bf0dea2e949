#include "rules/literal_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace postern {
namespace {

std::set<std::string> found_in(const std::string& text, const std::vector<std::string>& literals) {
  const LiteralScanner scanner(literals);
  LiteralScanner::Found found(scanner);
  std::set<std::string> texts;
  // Twice, since what is remembered is used again.
  for (int turn = 0; turn < 2; ++turn) {
    texts.clear();
    scanner.scan(text, found);
    for (const std::uint32_t index : found.literals()) {
      EXPECT_TRUE(texts.insert(literals[index]).second) << "twice: " << literals[index];
    }
  }
  return texts;
}

TEST(LiteralScannerTest, FindsWhatOccurs) {
  using Texts = std::set<std::string>;
  const std::vector<std::string> literals = {"he", "she", "hers", "viagra", "xx", "caf\xc3\xa9"};
  EXPECT_EQ(found_in("", literals), Texts{});
  EXPECT_EQ(found_in("h", literals), Texts{});
  EXPECT_EQ(found_in("uSHErs", literals), (Texts{"he", "she", "hers"}));
  EXPECT_EQ(found_in("he", literals), Texts{"he"}) << "the whole text";
  EXPECT_EQ(found_in("viagr", literals), Texts{}) << "cut off";
  EXPECT_EQ(found_in("VIAGRA xx", literals), (Texts{"viagra", "xx"}));
  EXPECT_EQ(found_in("Caf\xc3\xa9", literals), Texts{"caf\xc3\xa9"});
}

TEST(LiteralScannerTest, TakesTheKelvinSignAndTheLongSForLetters) {
  EXPECT_EQ(found_in("\xe2\x84\xaai\xc5\xbf\xc5\xbf", {"kiss"}), std::set<std::string>{"kiss"});
}

TEST(LiteralScannerTest, AgreesWithASearchForEach) {
  std::mt19937 random(3);
  const auto make = [&random](std::size_t least, std::size_t most) {
    std::string text;
    for (auto size = least + random() % (most - least + 1); size > 0; --size) {
      text += static_cast<char>('a' + random() % 3);
    }
    return text;
  };
  for (int turn = 0; turn < 300; ++turn) {
    std::set<std::string> literals;
    for (int i = 0; i < 20; ++i) literals.insert(make(2, 6));
    const std::string text = make(0, 40);
    std::set<std::string> expected;
    for (const std::string& literal : literals) {
      if (text.find(literal) != std::string::npos) expected.insert(literal);
    }
    EXPECT_EQ(found_in(text, {literals.begin(), literals.end()}), expected) << text;
  }
}

}  // namespace
}  // namespace postern
