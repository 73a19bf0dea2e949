#include "server/upstream_back_off.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

using namespace std::chrono_literals;

class UpstreamBackOffTest : public ::testing::Test {
 protected:
  // How long the account is held, to the millisecond.
  std::chrono::milliseconds held_for() {
    const auto begin = now_;
    while (back_off_.holds("ann")) now_ += 1ms;
    return std::chrono::duration_cast<std::chrono::milliseconds>(now_ - begin);
  }

  UpstreamBackOff::SteadyClock::time_point now_{};
  double chance_ = 1;
  UpstreamBackOff back_off_{
      {100ms, 1000ms, 7ms, [this] { return now_; }, [this] { return chance_; }}};
  const Error throttled_{Errc::too_soon, "slow down"};
};

TEST_F(UpstreamBackOffTest, EachTimeLongerUpToABound) {
  for (const auto span : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms}) {
    back_off_.note("ann", throttled_);
    EXPECT_EQ(held_for(), span);
  }
  for (int i = 0; i < 100; ++i) back_off_.note("ann", throttled_);
  EXPECT_EQ(held_for(), 1000ms);
}

TEST_F(UpstreamBackOffTest, ChanceTakesUpToHalfOff) {
  chance_ = 0;
  back_off_.note("ann", throttled_);
  EXPECT_EQ(held_for(), 50ms);
}

TEST_F(UpstreamBackOffTest, HoldsOneAccountAloneWithItsError) {
  back_off_.note("ann", throttled_);
  EXPECT_FALSE(back_off_.holds("bob"));
  const auto error = back_off_.holds("ann");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->kind(), Errc::too_soon);
}

TEST_F(UpstreamBackOffTest, AnythingElseEndsIt) {
  back_off_.note("ann", throttled_);
  back_off_.note("ann", throttled_);
  back_off_.note("ann", Result<void>());
  EXPECT_FALSE(back_off_.holds("ann"));
  back_off_.note("ann", throttled_);
  EXPECT_EQ(held_for(), 100ms);
  back_off_.note("ann", Error(Errc::authentication, "wrong"));
  EXPECT_FALSE(back_off_.holds("ann"));
}

TEST_F(UpstreamBackOffTest, AMaildropInUseIsAskedForAgainSoon) {
  for (int i = 0; i < 3; ++i) {
    back_off_.note("ann", Error(Errc::busy, "open elsewhere"));
    EXPECT_EQ(held_for(), 7ms);
  }
}

}  // namespace
}  // namespace postern
