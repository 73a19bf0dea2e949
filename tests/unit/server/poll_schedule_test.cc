#include "server/poll_schedule.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<std::uint64_t>;

class PollScheduleTest : public ::testing::Test {
 protected:
  static StoredAccount account(std::uint64_t id, std::chrono::seconds interval = 100s) {
    StoredAccount one;
    one.id = id;
    one.poll_interval = interval;
    return one;
  }
  void set(const std::vector<StoredAccount>& accounts) { schedule_.set_accounts(accounts, time_); }
  // How long until the account is due again, to a tenth of a second; it is under way then.
  std::chrono::milliseconds until_due() {
    const auto begin = now_;
    while (schedule_.begin_due().empty()) now_ += 100ms;
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - begin);
  }

  PollSchedule::Clock::time_point now_{};
  UnixSeconds time_{1'000'000s};
  double chance_ = 0.5;
  PollSchedule schedule_{{2, 2s, 5s, 1000s, [this] { return now_; }, [this] { return chance_; }}};
  const Error down_{Errc::unavailable, "down"};
};

TEST_F(PollScheduleTest, NewAccountsAreDueAtOnceAndSoManyAtATime) {
  set({account(1), account(2), account(3)});
  EXPECT_EQ(schedule_.begin_due(), (Ids{1, 2}));
  EXPECT_EQ(schedule_.begin_due(), Ids{});
  schedule_.end(1, {});
  EXPECT_EQ(schedule_.begin_due(), Ids{3});
  EXPECT_EQ(schedule_.under_way(), 2u);
}

TEST_F(PollScheduleTest, AfterARestartTheLastPollCounts) {
  StoredAccount polled = account(1);
  polled.last_poll = time_ - 30s;
  set({polled});
  EXPECT_EQ(until_due(), 70s);
}

TEST_F(PollScheduleTest, TheIntervalVariesByATenth) {
  set({account(1)});
  for (const auto& [chance, span] : {std::pair{0.0, 90s}, {0.5, 100s}, {1.0, 110s}}) {
    (void)until_due();
    chance_ = chance;
    schedule_.end(1, {});
    EXPECT_EQ(until_due(), span);
    schedule_.end(1, {});
    set({});
    set({account(1)});
  }
}

TEST_F(PollScheduleTest, FailuresMakeItWaitLongerUpToABound) {
  chance_ = 1;
  set({account(1)});
  (void)until_due();
  for (const auto span : {5s, 10s, 20s, 40s, 80s, 160s, 320s, 640s, 1000s, 1000s}) {
    schedule_.end(1, down_);
    EXPECT_EQ(until_due(), span);
  }
  schedule_.end(1, {});
  (void)until_due();
  schedule_.end(1, down_);
  EXPECT_EQ(until_due(), 5s);
}

TEST_F(PollScheduleTest, ARefusedPasswordIsNotTriedOftenerThanTheInterval) {
  chance_ = 1;
  set({account(1)});
  (void)until_due();
  schedule_.end(1, Error(Errc::authentication, "wrong"));
  EXPECT_EQ(until_due(), 100s);
}

TEST_F(PollScheduleTest, WakingComesSoonerButNotAtOnceAgain) {
  set({account(1)});
  (void)until_due();
  schedule_.end(1, {});
  schedule_.wake(1);
  EXPECT_EQ(until_due(), 2s);
  schedule_.wake(1);
  schedule_.end(1, {});
  EXPECT_EQ(until_due(), 2s) << "woken while it was under way";
  schedule_.end(1, {});
  now_ += 50s;
  schedule_.wake(1);
  EXPECT_EQ(until_due(), 0s);
}

TEST_F(PollScheduleTest, WakingDoesNotShortenThePauseAfterAFailure) {
  chance_ = 1;
  set({account(1)});
  (void)until_due();
  schedule_.end(1, down_);
  schedule_.wake(1);
  EXPECT_EQ(until_due(), 5s);
}

TEST_F(PollScheduleTest, PausedAndRemovedAccountsAreLeftAlone) {
  StoredAccount paused = account(1);
  paused.state = AccountState::paused;
  set({paused, account(2)});
  EXPECT_EQ(schedule_.begin_due(), Ids{2});
  set({paused});
  schedule_.end(2, {});
  now_ += 1000s;
  EXPECT_EQ(schedule_.begin_due(), Ids{});
  set({account(1)});
  EXPECT_EQ(schedule_.begin_due(), Ids{1}) << "resumed: at once";
  schedule_.wake(77);
  schedule_.end(77, {});
}

}  // namespace
}  // namespace postern
