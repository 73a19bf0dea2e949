#include "server/login_guard.h"

#include <gtest/gtest.h>

#include "state/memory_store.h"

namespace postern {
namespace {

constexpr const char* stranger = "192.0.2.7:4711";

class LoginGuardTest : public ::testing::Test {
 protected:
  LoginGuard guard() {
    return LoginGuard({3, std::chrono::seconds(3600), 5, std::chrono::seconds(600),
                       [this] { return now_; }, Logger()},
                      store_);
  }
  static LoginRequest guess(const std::string& user, int number) {
    return {user, "", PasswordProof{"guess " + std::to_string(number)}};
  }

  UnixSeconds now_{std::chrono::seconds(1'000'000)};
  MemoryStore store_;
};

TEST(AddressToCount, IsTheHostOrTheNetwork) {
  EXPECT_EQ(address_to_count("192.0.2.7:4711"), "192.0.2.7");
  EXPECT_EQ(address_to_count("[2001:db8:0:1:2:3:4:5]:4711"), "2001:db8:0:1::/64");
  EXPECT_EQ(address_to_count("[::ffff:192.0.2.7]:4711"), "192.0.2.7");
  for (const char* local : {"127.0.0.1:1", "[::1]:1", "", "unix"}) {
    EXPECT_EQ(address_to_count(local), "") << local;
  }
}

TEST_F(LoginGuardTest, BansAnAddressThatGuessesAndLetsItGo) {
  LoginGuard guard = this->guard();
  EXPECT_EQ(guard.failed(stranger, guess("ann", 1)), 1u);
  EXPECT_EQ(guard.failed(stranger, guess("bob", 2)), 2u);
  EXPECT_FALSE(guard.may_be_banned(stranger));
  EXPECT_EQ(guard.failed(stranger, guess("eve", 3)), 3u);
  EXPECT_TRUE(guard.may_be_banned(stranger));
  EXPECT_TRUE(guard.is_banned(stranger));
  EXPECT_TRUE(guard.is_banned("192.0.2.7:1"));
  EXPECT_FALSE(guard.may_be_banned("192.0.2.8:1"));
  ASSERT_EQ(store_.list_bans()->size(), 1u);
  EXPECT_TRUE(this->guard().may_be_banned(stranger)) << "after a restart";
  now_ += std::chrono::seconds(3600);
  EXPECT_FALSE(guard.is_banned(stranger));
  EXPECT_FALSE(guard.may_be_banned(stranger));
  EXPECT_TRUE(store_.list_bans()->empty());
}

TEST_F(LoginGuardTest, ABanCanBeLifted) {
  LoginGuard guard = this->guard();
  for (int i = 0; i < 3; ++i) guard.failed(stranger, guess("ann", i));
  ASSERT_TRUE(store_.remove_ban("192.0.2.7"));
  EXPECT_FALSE(guard.is_banned(stranger));
  EXPECT_EQ(guard.failed(stranger, guess("ann", 9)), 4u) << "the name is still being guessed at";
  EXPECT_FALSE(guard.may_be_banned(stranger));
}

TEST_F(LoginGuardTest, TheSameWrongPasswordAgainIsNoGuess) {
  LoginGuard guard = this->guard();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(guard.failed(stranger, guess("ann", 0)), 1u);
  EXPECT_FALSE(guard.may_be_banned(stranger));
}

TEST_F(LoginGuardTest, GuessesAreForgottenAfterAWhile) {
  LoginGuard guard = this->guard();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(guard.failed(stranger, guess("ann", i)), 1u);
    now_ += std::chrono::seconds(600);
  }
  EXPECT_FALSE(guard.may_be_banned(stranger));
}

TEST_F(LoginGuardTest, ThisMachineIsNeverBanned) {
  LoginGuard guard = this->guard();
  for (int i = 0; i < 10; ++i) guard.failed("127.0.0.1:1", guess("ann", i));
  EXPECT_FALSE(guard.may_be_banned("127.0.0.1:1"));
}

TEST_F(LoginGuardTest, ANameUnderAttackIsOpenFromWhereItsOwnerWas) {
  LoginGuard guard = this->guard();
  guard.succeeded("198.51.100.1:1", "ann");
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(guard.allow(stranger, "ann"));
    guard.failed("203.0.113." + std::to_string(i) + ":1", guess("ann", i));
  }
  EXPECT_EQ(guard.allow(stranger, "ann").error().kind(), Errc::unavailable);
  EXPECT_TRUE(guard.allow("198.51.100.1:99", "ann"));
  EXPECT_TRUE(guard.allow(stranger, "bob"));
  now_ += std::chrono::seconds(600);
  EXPECT_TRUE(guard.allow(stranger, "ann"));
}

}  // namespace
}  // namespace postern
