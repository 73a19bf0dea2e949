#include "server/maildrop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace postern {
namespace {

TEST(MaildropTable, IsOpenAsLongAsSomebodyHoldsIt) {
  MaildropTable table(false);
  {
    const auto first = table.open("a");
    ASSERT_TRUE(first);
    EXPECT_EQ(table.open("a").error().kind(), Errc::busy);
    EXPECT_TRUE(table.open("b"));
  }
  EXPECT_TRUE(table.open("a"));
}

TEST(MaildropTable, GivesTheSameToAllWhereItIsShared) {
  MaildropTable table(true);
  const auto first = table.open("a");
  const auto second = table.open("a");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

// A session that ends while another is refused: neither may wait for the other, nor for itself.
TEST(MaildropTable, BearsOpeningAndClosingFromManyThreads) {
  for (const bool shared : {false, true}) {
    MaildropTable table(shared);
    std::atomic<int> opened = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int turn = 0; turn < 200'000; ++turn) {
          const auto maildrop = table.open("a");
          opened += maildrop ? 1 : 0;
          if (turn % 64 == 0) std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_GT(opened, 0);
    EXPECT_TRUE(table.open("a"));
  }
}

}  // namespace
}  // namespace postern
