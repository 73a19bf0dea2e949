#include "classify/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>

#include "classify/corpus_index.h"
#include "classify/protocol.h"
#include "classify/scalar_math.h"
#include "classify/trainer.h"
#include "lessons.h"

namespace postern {
namespace {

constexpr MailClass ham = MailClass::ham;
constexpr MailClass spam = MailClass::spam;

TEST(ScalarMath, AgreesWithTheLibrary) {
  for (double x = 1e-6; x < 1e6; x *= 1.37) {
    EXPECT_NEAR(stable_log(x), std::log(x), 1e-9 * (1 + std::fabs(std::log(x))));
  }
  for (double x = -50; x < 50; x += 0.173) {
    EXPECT_NEAR(stable_exp(x) / std::exp(x), 1, 1e-9);
  }
  EXPECT_DOUBLE_EQ(sigmoid(0), 0.5);
  EXPECT_GE(sigmoid(-1e9), 0);
}

TEST(Evaluation, RocaCountsPairsOutOfOrder) {
  // Of 2 x 3 pairs one is wrong (ham 2 above spam 1) and one tied (ham 2, spam 2): 1.5 / 6.
  const Scored results[] = {{0, ham}, {2, ham}, {1, spam}, {2, spam}, {5, spam}};
  EXPECT_NEAR(roca_loss_percent(results), 25, 1e-12);
}

TEST(Evaluation, RocaOfPerfectUselessAndOneSidedScores) {
  const Scored perfect[] = {{0, ham}, {1, spam}};
  EXPECT_EQ(roca_loss_percent(perfect), 0);
  const Scored constant[] = {{0, ham}, {0, spam}, {0, ham}};
  EXPECT_EQ(roca_loss_percent(constant), 50);
  const Scored one_sided[] = {{0, ham}};
  EXPECT_TRUE(std::isnan(roca_loss_percent(one_sided)));
}

TEST(Evaluation, RatesAtAThreshold) {
  const Scored results[] = {{3, ham}, {1, ham}, {0, ham}, {-1, ham}, {3, spam}, {2.9, spam}};
  const ThresholdRates rates = rates_at(results, 3);
  EXPECT_EQ(rates.ham_lost.count, 1u);  // at the threshold is spam
  EXPECT_EQ(rates.ham_lost.of, 4u);
  EXPECT_EQ(rates.spam_missed.count, 1u);
  // log odds of 1/4 is -ln 3, of 1/2 is 0; the mean is -ln(3)/2, which is 36.60 %.
  EXPECT_NEAR(rates.lam_percent, 100 / (1 + std::sqrt(3.0)), 1e-9);
}

TEST(Evaluation, SpamMissedAtHamLoss) {
  std::vector<Scored> results;
  for (int i = 0; i < 1000; ++i) results.push_back({static_cast<double>(i), ham});
  for (const double score : {998.0, 998.5, 999.0, 2000.0}) results.push_back({score, spam});
  // One ham of 1000 may be lost: the threshold is just above 998, so only the tie is missed.
  EXPECT_EQ(spam_missed_at_ham_loss(results, 0.001).count, 1u);
  EXPECT_EQ(spam_missed_at_ham_loss(results, 0).count, 3u);
  EXPECT_EQ(spam_missed_at_ham_loss(results, 1).count, 0u);
}

TEST(Evaluation, WilsonInterval) {
  const Share share = share_of(10, 100);
  EXPECT_NEAR(share.low, 0.0552, 1e-4);
  EXPECT_NEAR(share.high, 0.1744, 1e-4);
  EXPECT_EQ(share_of(0, 10).low, 0);
  EXPECT_EQ(share_of(10, 10).high, 1);
  EXPECT_EQ(share_of(0, 0).high, 1);
}

TEST(Evaluation, ReliabilityPutsEachMessageInOneBin) {
  const Scored results[] = {{-20, ham}, {0, ham}, {0.01, spam}, {20, spam}, {20, ham}};
  const auto bins = reliability(results);
  std::uint64_t messages = 0;
  for (const ReliabilityBin& bin : bins) messages += bin.messages;
  EXPECT_EQ(messages, 5u);
  EXPECT_EQ(bins.front().messages, 1u);
  EXPECT_EQ(bins.back().messages, 2u);
  EXPECT_NEAR(bins.back().true_share, 0.5, 1e-12);
  // Promised 1, true 1/2 in the last bin; promised about 1/2, true 1/2 in the middle.
  EXPECT_NEAR(calibration_error(bins), 2 * 0.5 / 5, 0.01);
}

TEST(Evaluation, RocCurveEndsInTheCorner) {
  const Scored results[] = {{2, spam}, {1, ham}, {1, spam}, {0, ham}};
  const auto curve = roc_curve(results);
  ASSERT_EQ(curve.size(), 4u);
  EXPECT_EQ(curve[1].spam_caught, 0.5);
  EXPECT_EQ(curve[2].ham_lost, 0.5);
  EXPECT_EQ(curve[3].spam_caught, 1);
}

TEST(CorpusIndex, ReadsLines) {
  const auto index =
      parse_corpus_index("spam data/1.eml\n\n# note\nHAM  /abs/2 b.eml\r\n", "/c/index");
  ASSERT_TRUE(index);
  ASSERT_EQ(index->size(), 2u);
  EXPECT_EQ((*index)[0].truth, spam);
  EXPECT_EQ((*index)[0].path, "/c/data/1.eml");
  EXPECT_EQ((*index)[1].truth, ham);
  EXPECT_EQ((*index)[1].path, "/abs/2 b.eml");
}

TEST(CorpusIndex, NamesTheBadLine) {
  for (const char* text : {"spam a\nhamm b\n", "spam a\nham\n", "spam a\nham   \n"}) {
    const auto index = parse_corpus_index(text, "index");
    ASSERT_FALSE(index) << text;
    EXPECT_EQ(index.error().kind(), Errc::bad_data);
    EXPECT_NE(index.error().detail.find("index:2:"), std::string::npos);
  }
}

class ProtocolTest : public testing::Test {
 protected:
  ProtocolTest() {
    for (int i = 0; i < 80; ++i) {
      truth.push_back(i % 2 == 0 ? ham : spam);
      features.push_back(features_of(i % 2 == 0 ? ham_message(i) : spam_message(i)));
    }
  }
  std::vector<ProtocolResult> run(const ProtocolOptions& options) {
    auto results = run_protocol(
        options, truth, [&](std::size_t i) -> Result<FeatureView> { return features[i].view(); });
    EXPECT_TRUE(results);
    return results ? *results : std::vector<ProtocolResult>();
  }
  double roca(const std::vector<ProtocolResult>& results) {
    std::vector<Scored> scored;
    for (const ProtocolResult& result : results) scored.push_back(result.scored);
    return roca_loss_percent(scored);
  }

  std::vector<MailClass> truth;
  std::vector<FeatureSet> features;
};

TEST_F(ProtocolTest, OnlineJudgesBeforeItTeaches) {
  const auto results = run({});
  ASSERT_EQ(results.size(), 80u);
  EXPECT_EQ(results[0].scored.score, 0);
  EXPECT_LT(roca(results), 5);
}

TEST_F(ProtocolTest, HalfJudgesTheSecondHalf) {
  ProtocolOptions options;
  options.protocol = Protocol::half;
  const auto results = run(options);
  ASSERT_EQ(results.size(), 40u);
  EXPECT_EQ(results[0].index, 40u);
  EXPECT_EQ(roca(results), 0);
}

TEST_F(ProtocolTest, ColdNeverLearns) {
  ProtocolOptions options;
  options.protocol = Protocol::cold;
  for (const ProtocolResult& result : run(options)) EXPECT_EQ(result.scored.score, 0);
}

TEST_F(ProtocolTest, BeginsWithWhatAPersonalModelKnows) {
  Trainer trainer(80);
  for (std::size_t i = 0; i < truth.size(); ++i) trainer.learn(features[i].view(), truth[i]);
  const auto model = Model::parse(Blob::own(trainer.serialise({})), "test");
  ASSERT_TRUE(model);
  ProtocolOptions options;
  options.protocol = Protocol::cold;
  options.personal = *model;
  EXPECT_EQ(roca(run(options)), 0);
}

TEST_F(ProtocolTest, DelayedLearnsLater) {
  ProtocolOptions options;
  options.protocol = Protocol::delayed;
  options.delay = 20;
  const auto results = run(options);
  ASSERT_EQ(results.size(), 80u);
  for (std::size_t i = 0; i <= 20; ++i) EXPECT_EQ(results[i].scored.score, 0) << i;
  EXPECT_NE(results[60].scored.score, 0);
}

TEST_F(ProtocolTest, OnErrorTeachesLess) {
  ProtocolOptions options;
  options.protocol = Protocol::onerror;
  const auto online = run({}), onerror = run(options);
  ASSERT_EQ(onerror.size(), 80u);
  EXPECT_NE(online.back().scored.score, onerror.back().scored.score);
}

TEST_F(ProtocolTest, FlippedLessonsHurtAndAreRepeatable) {
  ProtocolOptions options;
  options.flip = 0.3;
  options.seed = 7;
  const auto once = run(options), twice = run(options);
  for (std::size_t i = 0; i < once.size(); ++i) {
    EXPECT_EQ(once[i].scored.score, twice[i].scored.score);
    EXPECT_EQ(once[i].scored.truth, truth[i]);
  }
  EXPECT_NE(once.back().scored.score, run({}).back().scored.score);
}

TEST_F(ProtocolTest, FailsWhenTheSourceFails) {
  const auto results = run_protocol(
      {}, truth, [](std::size_t) -> Result<FeatureView> { return Error(Errc::no_input, "gone"); });
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().detail, "gone");
}

}  // namespace
}  // namespace postern
