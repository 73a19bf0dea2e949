// What `postern eval` is made of besides the measures themselves.
#include <gtest/gtest.h>

#include <cmath>

#include "classify/clump.h"
#include "classify/header_hygiene.h"
#include "classify/roc_plot.h"
#include "classify/strip_marks.h"
#include "lessons.h"

namespace postern {
namespace {

constexpr MailClass ham = MailClass::ham;
constexpr MailClass spam = MailClass::spam;

TEST(StripMarks, TakesOffWhatMarksAClass) {
  const struct {
    const char *message, *stripped;
  } cases[] = {
      {"From a@b Mon\nSubject: x\n\nbody\n", "Subject: x\n\nbody\n"},
      {"X-Spam-Status: Yes,\n tests=A\nTo: a\n\nb", "To: a\n\nb"},
      {"x-spam-flag : YES\r\nTo: a\r\n\r\nX-Spam-Flag: YES\r\n",
       "To: a\r\n\r\nX-Spam-Flag: YES\r\n"},
      {"Subject: [list] [x] hello\nTo: a\n\n", "Subject: hello\nTo: a\n\n"},
      {"Subject: [list]\nTo: a\n\n", "Subject: \nTo: a\n\n"},
      {"X-Bogosity: Spam", ""},
      {"\nX-Spam-Flag: YES\n", "\nX-Spam-Flag: YES\n"},
      {"", ""},
  };
  for (const auto& [message, stripped] : cases) {
    EXPECT_EQ(strip_marks(Blob::copy(message)).view(), stripped) << message;
  }
}

TEST(StripMarks, FeaturesStayAsTheyWere) {
  const std::string message =
      "Subject: [list] hello\nX-Spam-Status: Yes\nFrom: a@example.org\n\nx\n";

  const FeatureSet with = features_of(message);
  const FeatureSet without = features_of(std::string(strip_marks(Blob::copy(message)).view()));

  EXPECT_TRUE(std::ranges::equal(with.base.values(), without.base.values()));
}

TEST(RocLoss, HasAnIntervalAroundIt) {
  std::vector<Scored> results;
  for (int i = 0; i < 200; ++i) results.push_back({static_cast<double>(i % 20), ham});
  for (int i = 0; i < 200; ++i) results.push_back({static_cast<double>(i % 20) + 12, spam});

  const RocaLoss loss = roca_loss(results);

  EXPECT_DOUBLE_EQ(loss.percent, roca_loss_percent(results));
  // Per message: 28 pairs of 400 are wrong and 8 tied; with 200 of each class DeLong's standard
  // error is about 0.008.
  EXPECT_NEAR(loss.percent, 100 * 32.0 / 400, 1e-9);
  EXPECT_NEAR(loss.low, 6.0, 1.0);
  EXPECT_NEAR(loss.high, 10.5, 1.0);
  const Scored perfect[] = {{0, ham}, {1, spam}, {0, ham}, {1, spam}};
  EXPECT_EQ(roca_loss(perfect).high, 0);
}

TEST(RocPlot, DrawsEverySeries) {
  const RocSeries series[] = {{"a<b", {{0, ham}, {1, spam}, {2, ham}}},
                              {"other", {{0, ham}, {1, spam}}}};

  const std::string svg = roc_svg(series);

  EXPECT_TRUE(svg.starts_with("<svg "));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find("a&lt;b  50.0000 %"), std::string::npos) << svg;
  EXPECT_NE(svg.find("other"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(Clumps, AreTheLargestPureGroupOfEachClass) {
  const std::vector<std::vector<std::string>> keys = {{"a", "s"}, {"a"},      {"b"},
                                                      {"b"},      {"b", "s"}, {"c"}};
  const MailClass truth[] = {spam, spam, ham, ham, ham, spam};

  const auto clumps = find_clumps(keys, truth, 2);

  ASSERT_EQ(clumps.size(), 2u);
  EXPECT_EQ(clumps[0].key, "b");
  EXPECT_EQ(clumps[0].members, (std::vector<std::size_t>{2, 3, 4}));
  EXPECT_EQ(clumps[1].key, "a");
  EXPECT_EQ(find_clumps(keys, truth, 3).size(), 1u);
}

TEST(Clumps, CorrectionsTurnWrongLessonsRound) {
  std::vector<FeatureSet> features;
  std::vector<MailClass> truth;
  Clump clump{"sender", {}};
  for (int i = 0; i < 120; ++i) {
    const bool in_clump = i % 4 == 3;
    if (in_clump) clump.members.push_back(features.size());
    const std::string n = std::to_string(i);
    features.push_back(features_of(in_clump ? "From: news@shop.example\nSubject: offers " + n +
                                                  "\n\nShoes and hats, week " + n
                                   : i % 2 == 0 ? ham_message(i)
                                                : spam_message(i)));
    truth.push_back(in_clump || i % 2 == 0 ? ham : spam);
  }
  ClumpOptions options;
  options.wrong = 5;

  const auto report = run_clump(options, clump, truth, [&](std::size_t i) -> Result<FeatureView> {
    return features[i].view();
  });

  ASSERT_TRUE(report);
  EXPECT_EQ(report->truth, ham);
  EXPECT_EQ(report->before.of, 15u);  // 30 of the clump, less 5 wrong and 10 right lessons
  EXPECT_GT(report->after_wrong.mean_log_odds, report->before.mean_log_odds);
  ASSERT_EQ(report->corrected.size(), 5u);
  EXPECT_LT(report->corrected.back().mean_log_odds, report->after_wrong.mean_log_odds);
  EXPECT_EQ(report->corrected.back().wrong, 0u);
  EXPECT_LT(report->outvoted.back().mean_log_odds, report->after_wrong.mean_log_odds);
}

TEST(Clumps, StepsToTurn) {
  EXPECT_EQ(steps_to_turn({{0, 2, 0, 4}, {0, 0, 1, 4}}), 2u);
  EXPECT_EQ(steps_to_turn({{0, 2, 0, 4}}), std::nullopt);
}

}  // namespace
}  // namespace postern
