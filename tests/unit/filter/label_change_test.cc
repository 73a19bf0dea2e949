#include "filter/label_change.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

const std::vector<LedgerEntry> ledger{{"RULE_A", 3000, "a rule"},
                                      {"CLASSIFIER", 2500, "text \"prize\""},
                                      {"CLASSIFIER", 1200, "everything else"},
                                      {"RULE_B", -700, "another"}};

TEST(LabelChange, NamesTheFewestReasons) {
  const auto changes = label_changes(6000, ledger, Policy(), false, "everything else");

  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].to, Label::unsure);
  EXPECT_EQ(changes[0].points, -1001);
  EXPECT_EQ(changes[0].without, (std::vector<std::size_t>{0}));
  EXPECT_EQ(changes[1].to, Label::ham);
  EXPECT_EQ(changes[1].points, -7668);
  EXPECT_TRUE(changes[1].without.empty()) << "5.5 points can be taken away by name, 7.7 are needed";
}

TEST(LabelChange, ReachesTheLabelThatItNames) {
  for (const MilliPoints score : {-90'000, -1668, -1667, 0, 4999, 5000, 90'000}) {
    for (const LabelChange& change : label_changes(score, ledger, Policy(), false, "")) {
      EXPECT_EQ(Policy().label_of(score + change.points), change.to) << score;
    }
  }
}

TEST(LabelChange, SpeaksInWords) {
  const auto lines =
      in_words(label_changes(6000, ledger, Policy(), false, "everything else"), ledger);

  EXPECT_EQ(lines[0], "1.001 points less would make it unsure, as it would be without RULE_A");
  EXPECT_EQ(lines[1], "7.668 points less would make it ham");
  const auto more =
      in_words(label_changes(4400, ledger, Policy(), false, "everything else"), ledger);
  EXPECT_EQ(more[0], "0.600 points more would make it spam, as it would be without RULE_B");
}

}  // namespace
}  // namespace postern
