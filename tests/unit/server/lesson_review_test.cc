#include "server/lesson_review.h"

#include <gtest/gtest.h>

#include "state/memory_store.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

Blob letter(int number, bool spam) {
  const std::string n = std::to_string(number);
  return Blob::own(spam ? "From: win" + n + "@bulk.example\nSubject: You WON prize " + n +
                              "\n\nClaim your cash reward today, " + n + " winners wait\n"
                        : "From: ann@example.org\nSubject: minutes " + n +
                              "\n\nThe committee met, agenda item " + n + " was postponed\n");
}

class LessonReviewTest : public ::testing::Test {
 protected:
  void teach(int number, bool spam, MailClass taught) {
    const Teacher::Request request{letter(number, spam), taught, "test"};
    ASSERT_TRUE(teacher_.teach({&request, 1}));
  }

  TemporaryDirectory folder_;
  MemoryStore store_;
  Teacher teacher_{store_, folder_.path() + "/model/personal.model", nullptr, system_clock()};
};

TEST_F(LessonReviewTest, NamesTheLessonThatTheOthersContradict) {
  for (int i = 0; i < 60; ++i) teach(i, i % 2 == 1, i % 2 == 1 ? MailClass::spam : MailClass::ham);
  teach(101, true, MailClass::ham);
  for (int i = 60; i < 90; ++i) teach(i, i % 2 == 1, i % 2 == 1 ? MailClass::spam : MailClass::ham);

  const auto review = review_lessons(store_, nullptr);

  ASSERT_TRUE(review);
  EXPECT_EQ(review->lessons, 91u);
  ASSERT_EQ(review->suspects.size(), 1u);
  EXPECT_EQ(review->suspects[0].lesson.number, 61u);
  EXPECT_GT(review->suspects[0].now, 0);
}

TEST_F(LessonReviewTest, FindsNothingInAnEmptyLog) {
  const auto review = review_lessons(store_, nullptr);

  ASSERT_TRUE(review);
  EXPECT_TRUE(review->suspects.empty());
  EXPECT_TRUE(review->contradictions.empty());
}

TEST_F(LessonReviewTest, RevokesAllOrNone) {
  for (int i = 0; i < 3; ++i) teach(i, true, MailClass::spam);

  const std::uint64_t wrong[] = {1, 7};
  EXPECT_EQ(teacher_.revoke(wrong).error().kind(), Errc::no_input);
  EXPECT_EQ(store_.list_lessons()->size(), 3u);
  const std::uint64_t right[] = {1, 3};
  ASSERT_TRUE(teacher_.revoke(right));
  EXPECT_EQ(store_.list_lessons()->front().number, 2u);
}

}  // namespace
}  // namespace postern
