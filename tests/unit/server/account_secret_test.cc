#include "server/account_secret.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/temporary_directory.h"

namespace postern {
namespace {

class AccountSecret : public ::testing::Test {
 protected:
  AccountSecret() {
    account_.name = "work";
    account_.sealed_secret = *seal_account_secret(key_, "work", "secret");
  }

  TemporaryDirectory directory_;
  const std::string key_ = directory_.path("keys/secret.key");
  StoredAccount account_;
};

TEST_F(AccountSecret, OpensForItsAccountAlone) {
  EXPECT_EQ(*open_account_secret(key_, account_), "secret");
  EXPECT_EQ(account_.sealed_secret.find("secret"), std::string::npos);
  account_.name = "other";
  EXPECT_EQ(open_account_secret(key_, account_).error().kind(), Errc::configuration);
}

TEST_F(AccountSecret, AKeyThatOthersMayReadIsRefusedWithWhatToDo) {
  std::filesystem::permissions(key_, std::filesystem::perms(0640));
  const auto opened = open_account_secret(key_, account_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), Errc::configuration);
  EXPECT_NE(opened.error().detail.find("chmod 600"), std::string::npos);
  EXPECT_FALSE(seal_account_secret(key_, "work", "secret"));
}

TEST_F(AccountSecret, AnotherKeyIsSaidToBeTheWrongOne) {
  std::filesystem::remove(key_);
  EXPECT_EQ(open_account_secret(key_, account_).error().kind(), Errc::configuration);
  ASSERT_TRUE(seal_account_secret(key_, "work", "x"));
  const auto opened = open_account_secret(key_, account_);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().detail.find("account password work"), std::string::npos);
}

}  // namespace
}  // namespace postern
