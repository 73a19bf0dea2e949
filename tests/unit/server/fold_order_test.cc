#include "server/fold_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

using ::testing::ElementsAre;

std::vector<Lesson> log_of(const std::string& classes) {
  std::vector<Lesson> log;
  for (const char c : classes) {
    Lesson lesson;
    lesson.number = log.size() + 1;
    lesson.taught = c == 's' ? MailClass::spam : MailClass::ham;
    log.push_back(lesson);
  }
  return log;
}

std::vector<std::uint64_t> numbers(const std::vector<Lesson>& lessons) {
  std::vector<std::uint64_t> result;
  for (const Lesson& lesson : lessons) result.push_back(lesson.number);
  return result;
}

TEST(FoldOrder, MixesClassesEvenlyEachInItsOwnOrder) {
  EXPECT_THAT(numbers(fold_order(log_of("ssshhh"))), ElementsAre(4, 1, 5, 2, 6, 3));
  EXPECT_THAT(numbers(fold_order(log_of("sshhhh"))), ElementsAre(3, 1, 4, 5, 2, 6));
  EXPECT_THAT(numbers(fold_order(log_of("sss"))), ElementsAre(1, 2, 3));
  EXPECT_TRUE(fold_order({}).empty());
}

TEST(FoldOrder, TheNewestFollowAsTheyCame) {
  const auto order = numbers(fold_order(log_of(std::string(20, 's') + std::string(20, 'h'))));
  ASSERT_EQ(order.size(), 40u);
  for (std::size_t i = 32; i < 40; ++i) EXPECT_EQ(order[i], i + 1);
  auto sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(sorted[i], i + 1);
}

TEST(FoldOrder, StepsGrowByHalf) {
  const std::vector<std::pair<std::size_t, std::size_t>> rows{
      {0, 0}, {1, 1}, {31, 31}, {32, 32}, {47, 32}, {48, 48}, {71, 48}, {72, 72}, {1000, 819}};
  for (const auto& [lessons, mixed] : rows) EXPECT_EQ(mixed_lessons(lessons), mixed) << lessons;
}

TEST(FoldOrder, AFoldGoesOnExactlyWhereItsOrderBeginsAlike) {
  const std::string classes =
      "sshshhsshsshhhshshshsshhshshhssshhshshshhsshshshshhshshssshshshhshshshshhsshshshshhs";
  for (std::size_t all = 1; all <= classes.size(); ++all) {
    const auto whole = numbers(fold_order(log_of(classes.substr(0, all))));
    for (std::size_t learnt = 0; learnt <= all; ++learnt) {
      if (!goes_on_from(learnt, all)) continue;
      const auto before = numbers(fold_order(log_of(classes.substr(0, learnt))));
      EXPECT_TRUE(std::equal(before.begin(), before.end(), whole.begin()))
          << learnt << " of " << all;
    }
  }
  EXPECT_TRUE(goes_on_from(40, 41));
  EXPECT_FALSE(goes_on_from(47, 48));
}

}  // namespace
}  // namespace postern
