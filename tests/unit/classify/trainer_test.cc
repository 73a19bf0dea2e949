#include "classify/trainer.h"

#include <gtest/gtest.h>

#include "classify/classifier.h"
#include "lessons.h"

namespace postern {
namespace {

Trainer taught(int lessons) {
  Trainer trainer(static_cast<std::uint64_t>(lessons));
  for (int i = 0; i < lessons / 2; ++i) {
    trainer.learn(features_of(ham_message(i)), MailClass::ham);
    trainer.learn(features_of(spam_message(i)), MailClass::spam);
  }
  return trainer;
}

double judged(const Trainer& trainer, const std::string& message) {
  return assess(trainer.layer(), nullptr, features_of(message)).log_odds;
}

TEST(Trainer, KnowsNothingBeforeTheFirstLesson) {
  EXPECT_EQ(judged(Trainer(0), spam_message(1)), 0);
}

TEST(Trainer, LearnsToTellClassesApart) {
  const Trainer trainer = taught(60);
  for (int i = 1000; i < 1020; ++i) {
    EXPECT_LT(judged(trainer, ham_message(i)), -2) << i;
    EXPECT_GT(judged(trainer, spam_message(i)), 2) << i;
  }
}

TEST(Trainer, IsDeterministic) { EXPECT_EQ(taught(40).serialise({}), taught(40).serialise({})); }

TEST(Trainer, NeverSaysSpamBeforeTenHamLessons) {
  Trainer trainer(50);
  for (int i = 0; i < 9; ++i) trainer.learn(features_of(ham_message(i)), MailClass::ham);
  for (int i = 0; i < 40; ++i) {
    trainer.learn(features_of(spam_message(i)), MailClass::spam);
    EXPECT_LT(judged(trainer, spam_message(i)), 3);
  }
}

TEST(Trainer, OneClassAloneDecidesNothing) {
  Trainer trainer(50);
  for (int i = 0; i < 50; ++i) trainer.learn(features_of(spam_message(i)), MailClass::spam);
  EXPECT_LT(judged(trainer, ham_message(1)), 3);
}

TEST(Trainer, WrongLessonIsNoticedAndCostsLittle) {
  Trainer trainer = taught(200);
  const double before = judged(trainer, ham_message(5000));
  ASSERT_LT(before, -3);
  const auto effect = trainer.learn(features_of(ham_message(5001)), MailClass::spam);
  EXPECT_TRUE(effect.doubtful);
  EXPECT_LT(judged(trainer, ham_message(5000)), 0);
}

TEST(Trainer, SkipsWhatItKnowsForCertain) {
  Trainer trainer = taught(200);
  const auto effect = trainer.learn(features_of(spam_message(9999)), MailClass::spam);
  EXPECT_FALSE(effect.remembered);
  EXPECT_FALSE(effect.doubtful);
  EXPECT_EQ(trainer.lessons(), 201u);
}

TEST(Trainer, GoesOnFromAModelExactly) {
  Trainer whole = taught(30);
  const auto model = Model::parse(Blob::own(taught(30).serialise({})), "model");
  ASSERT_TRUE(model);
  Trainer resumed(**model);
  for (int i = 500; i < 510; ++i) {
    whole.learn(features_of(spam_message(i)), MailClass::spam);
    resumed.learn(features_of(spam_message(i)), MailClass::spam);
  }
  EXPECT_EQ(whole.serialise({}), resumed.serialise({}));
}

TEST(Trainer, ForgettingByFoldingAnewLeavesNoTrace) {
  std::vector<std::pair<std::string, MailClass>> log;
  for (int i = 0; i < 15; ++i) {
    log.emplace_back(ham_message(i), MailClass::ham);
    log.emplace_back(spam_message(i), MailClass::spam);
  }
  Trainer never(30);
  for (const auto& [message, taught_class] : log) never.learn(features_of(message), taught_class);

  log.insert(log.begin() + 7, {ham_message(777), MailClass::spam});
  Trainer with_it(30);
  for (const auto& [message, taught_class] : log) with_it.learn(features_of(message), taught_class);
  log.erase(log.begin() + 7);
  Trainer again(30);
  for (const auto& [message, taught_class] : log) again.learn(features_of(message), taught_class);

  EXPECT_NE(with_it.serialise({}), never.serialise({}));
  EXPECT_EQ(again.serialise({}), never.serialise({}));
}

TEST(Trainer, TablesGrowWithTheLessons) {
  EXPECT_LE(Trainer(50).serialise({}).size(), 512u * 1024);
  EXPECT_LE(Trainer(1000).serialise({}).size(), 4u * 1024 * 1024);
  Trainer small(0);
  const FeatureSet features = features_of(ham_message(1));
  for (int i = 0; i < 64; ++i) {
    EXPECT_FALSE(small.outgrown());
    small.learn(features, MailClass::ham);
  }
  small.learn(features, MailClass::ham);
  EXPECT_TRUE(small.outgrown());
  EXPECT_GT(Trainer(small.lessons()).serialise({}).size(), small.serialise({}).size());
}

}  // namespace
}  // namespace postern
