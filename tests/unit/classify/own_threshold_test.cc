#include "classify/own_threshold.h"

#include <gtest/gtest.h>

#include <cmath>

#include "classify/trainer.h"
#include "lessons.h"

namespace postern {
namespace {

TEST(OwnThreshold, LosesAsLittleAsIsWanted) {
  LessonScores scores;
  for (int i = 0; i < 990; ++i) scores.note(MailClass::ham, -5);
  for (int i = 0; i < 8; ++i) scores.note(MailClass::ham, 1.2);
  for (int i = 0; i < 2; ++i) scores.note(MailClass::ham, 4.7);
  for (int i = 0; i < 100; ++i) scores.note(MailClass::spam, i < 10 ? 2 : 6);

  const auto half_a_percent = own_threshold(scores, 0.005);
  ASSERT_TRUE(half_a_percent);
  EXPECT_DOUBLE_EQ(half_a_percent->log_odds, 1.5);
  EXPECT_EQ(half_a_percent->ham_lost.count, 2u);
  EXPECT_EQ(half_a_percent->spam_missed.count, 0u);
  EXPECT_DOUBLE_EQ(own_threshold(scores, 0.01)->log_odds, 0);  // never below even odds
}

TEST(OwnThreshold, IsUnknownWithFewLessonsOrTooMuchLost) {
  LessonScores scores;
  EXPECT_FALSE(own_threshold(scores, 0.01));
  for (int i = 0; i < 199; ++i) scores.note(MailClass::ham, -5);
  EXPECT_FALSE(own_threshold(scores, 0.01));
  scores.note(MailClass::ham, -5);
  EXPECT_TRUE(own_threshold(scores, 0.01));
  EXPECT_FALSE(own_threshold(scores, 0));
  for (int i = 0; i < 20; ++i) scores.note(MailClass::ham, 99);
  EXPECT_FALSE(own_threshold(scores, 0.01));
}

TEST(OwnThreshold, ScoresOutsideTheTableCountAtItsEnds) {
  LessonScores scores;

  scores.note(MailClass::spam, 1e9);
  scores.note(MailClass::spam, -1e9);
  scores.note(MailClass::spam, std::nan(""));

  EXPECT_EQ(scores.counts[1].front(), 2u);
  EXPECT_EQ(scores.counts[1].back(), 1u);
}

TEST(OwnThreshold, ModelsKeepWhatLessonsScored) {
  Trainer trainer(100);
  for (int i = 0; i < 100; ++i) {
    trainer.learn(features_of(i % 2 == 0 ? ham_message(i) : spam_message(i)),
                  i % 2 == 0 ? MailClass::ham : MailClass::spam);
  }

  const auto model = Model::parse(Blob::own(trainer.serialise({})), "model");

  ASSERT_TRUE(model);
  // The first twenty of each class say nothing: the model knew nothing yet.
  EXPECT_EQ((*model)->state().scores.total(MailClass::ham), 30u);
  EXPECT_EQ((*model)->state().scores.total(MailClass::spam), 30u);
  EXPECT_EQ((*model)->state().scores.counts, trainer.layer().state->scores.counts);
}

}  // namespace
}  // namespace postern
