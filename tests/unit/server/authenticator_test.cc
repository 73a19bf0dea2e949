#include "server/authenticator.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/password.h"
#include "base/secret_key.h"
#include "server/password_record.h"
#include "state/memory_store.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() { add("ann", "secret", ""); }

  PasswordKeys add(const std::string& name, const std::string& password, const std::string& key) {
    const auto record = make_password_record({name, "", password, false, key, {}});
    EXPECT_TRUE(store_.add_user({name, record->hash, {}, record->keys}));
    return record->keys;
  }
  void add_device(const std::string& name, const std::string& device, const std::string& password,
                  const std::string& key, const PasswordKeys& siblings) {
    const auto record = make_password_record({name, device, password, true, key, siblings});
    EXPECT_TRUE(store_.add_app_password(name, {device, record->hash, record->keys, now_, {}}));
  }
  Authenticator& authenticator() {
    if (!authenticator_) {
      authenticator_.emplace(
          Authenticator::Setting{std::chrono::seconds(60), folder_.path() + "/passwd",
                                 folder_.path() + "/secret.key", [this] { return now_; }, Logger()},
          store_);
    }
    return *authenticator_;
  }
  bool accepts(LoginRequest request) {
    const auto done = authenticator().authenticate(request);
    EXPECT_TRUE(done || done.error().kind() == Errc::authentication) << done.error().detail;
    return done.has_value();
  }
  bool accepts(const std::string& user, const std::string& password) {
    return accepts({user, "", PasswordProof{password}});
  }

  TemporaryDirectory folder_;
  UnixSeconds now_{std::chrono::seconds(1'000'000)};
  MemoryStore store_;
  std::optional<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, TakesTheRightPasswordOfTheRightUser) {
  EXPECT_TRUE(accepts("ann", "secret"));
  EXPECT_TRUE(accepts("ann", "secret"));
  EXPECT_FALSE(accepts("ann", "Secret"));
  EXPECT_FALSE(accepts("bob", "secret"));
  EXPECT_FALSE(accepts("ann", ""));
  EXPECT_FALSE(accepts("", ""));
}

TEST_F(AuthenticatorTest, TakesAPasswordHoweverItWasTyped) {
  add("zo\u00eb", "Gru\u0308n", "");
  EXPECT_TRUE(accepts("zo\u00eb", "Gr\u00fcn"));
  EXPECT_TRUE(accepts("zoe\u0308", "Gru\u0308n"));
  // From before passwords were prepared.
  ASSERT_TRUE(store_.add_user({"old", *hash_password("Gru\u0308n"), {}}));
  EXPECT_TRUE(accepts("old", "Gru\u0308n"));
}

TEST_F(AuthenticatorTest, NobodyOpensAnothersMaildrop) {
  EXPECT_TRUE(accepts({"ann", "ann", PasswordProof{"secret"}}));
  EXPECT_FALSE(accepts({"ann", "bob", PasswordProof{"secret"}}));
}

TEST_F(AuthenticatorTest, AppPasswordsWorkAreSeenAndCanBeRevoked) {
  add_device("ann", "phone", "abcd-efgh", "", {});
  EXPECT_TRUE(accepts("ann", "abcd-efgh"));
  EXPECT_EQ(store_.list_app_passwords("ann")->front().last_seen, now_);
  EXPECT_TRUE(accepts("ann", "secret"));
  EXPECT_FALSE(accepts("bob", "abcd-efgh"));
  ASSERT_TRUE(store_.remove_app_password("ann", "phone"));
  EXPECT_FALSE(accepts("ann", "abcd-efgh"));
}

TEST_F(AuthenticatorTest, DigestsNeedASecretThatCanBeRecovered) {
  const std::string key = *load_or_make_secret_key(folder_.path() + "/secret.key");
  const PasswordKeys keys = add("tim", "tanstaaftanstaaf", key);
  const auto cram = [](const std::string& user, const std::string& digest) {
    return LoginRequest{user, "",
                        DigestProof{DigestProof::Kind::cram_md5,
                                    "<1896.697170952@postoffice.reston.mci.net>", digest}};
  };
  EXPECT_TRUE(accepts(cram("tim", "b913a602c7eda7a495b4e6e7334d3890")));
  EXPECT_FALSE(accepts(cram("tim", "c913a602c7eda7a495b4e6e7334d3890")));
  EXPECT_FALSE(accepts(cram("ann", "b913a602c7eda7a495b4e6e7334d3890")));
  EXPECT_FALSE(accepts(cram("bob", "b913a602c7eda7a495b4e6e7334d3890")));
  add_device("tim", "old", "tanstaaf", key, keys);
  EXPECT_TRUE(accepts({"tim", "",
                       DigestProof{DigestProof::Kind::apop, "<1896.697170952@dbc.mtview.ca.us>",
                                   "c4c9334bac560ecc979e58001b3e22fb"}}));
  EXPECT_EQ(store_.list_app_passwords("tim")->front().last_seen, now_);
}

TEST_F(AuthenticatorTest, ASecretOfOneIsNoSecretOfAnother) {
  const std::string key = *load_or_make_secret_key(folder_.path() + "/secret.key");
  const PasswordKeys keys = add("tim", "tanstaaf", key);
  ASSERT_TRUE(store_.add_user({"eve", *hash_password("x"), {}, keys}));
  EXPECT_FALSE(accepts({"eve", "",
                        DigestProof{DigestProof::Kind::apop, "<1896.697170952@dbc.mtview.ca.us>",
                                    "c4c9334bac560ecc979e58001b3e22fb"}}));
}

TEST_F(AuthenticatorTest, ScramKeysOfAllPasswordsShareTheSalt) {
  add_device("ann", "phone", "abcd", "", (*store_.find_user("ann"))->keys);
  const auto keys = authenticator().scram_keys("ann", ScramHash::sha256);
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->keys.size(), 2u);
  const ScramKeys phone =
      derive_scram_keys(ScramHash::sha256, "abcd", keys->salt, keys->iterations);
  EXPECT_EQ(keys->keys[1].stored_key, phone.stored_key);
  EXPECT_EQ(keys->keys[1].device, "phone");
  EXPECT_TRUE(accepts({"ann", "", SettledProof{true, "phone"}}));
  EXPECT_FALSE(accepts({"ann", "", SettledProof{false, ""}}));
  EXPECT_FALSE(accepts({"bob", "", SettledProof{true, ""}}));
}

TEST_F(AuthenticatorTest, ScramDoesNotTellWhoExists) {
  const auto known = authenticator().scram_keys("ann", ScramHash::sha1);
  const auto unknown = authenticator().scram_keys("bob", ScramHash::sha1);
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->salt.size(), known->salt.size());
  EXPECT_EQ(unknown->iterations, known->iterations);
  EXPECT_EQ(authenticator().scram_keys("bob", ScramHash::sha1)->salt, unknown->salt);
  EXPECT_NE(authenticator().scram_keys("eve", ScramHash::sha1)->salt, unknown->salt);
  // Nor after a restart.
  authenticator_.reset();
  EXPECT_EQ(authenticator().scram_keys("bob", ScramHash::sha1)->salt, unknown->salt);
}

TEST_F(AuthenticatorTest, OffersWhatEveryUserCanUse) {
  EXPECT_FALSE(authenticator().known_methods());
  EXPECT_TRUE(authenticator().find_methods().scram_sha_256);
  EXPECT_FALSE(authenticator().find_methods().digests);
  EXPECT_TRUE(authenticator().known_methods());
  ASSERT_TRUE(store_.add_user({"old", "hash", {}}));
  now_ += std::chrono::seconds(2);
  EXPECT_FALSE(authenticator().known_methods());
  EXPECT_FALSE(authenticator().find_methods().scram_sha_256);
  add("tim", "x", *load_or_make_secret_key(folder_.path() + "/secret.key"));
  EXPECT_TRUE(authenticator().find_methods().digests);
}

TEST_F(AuthenticatorTest, UsersOfAnotherServersFileLogInAndChangesCount) {
  ASSERT_TRUE(write_file_atomically(folder_.path() + "/passwd",
                                    "# ours\nbob:{PLAIN}b:1:1:::\nann:{PLAIN}other:::::\n"));
  EXPECT_TRUE(accepts("bob", "b"));
  EXPECT_TRUE(accepts("ann", "secret")) << "our own users come first";
  EXPECT_FALSE(accepts("ann", "other"));
  ASSERT_TRUE(write_file_atomically(folder_.path() + "/passwd", "bob:{PLAIN}bb\n"));
  EXPECT_TRUE(accepts("bob", "bb"));
  EXPECT_FALSE(accepts("bob", "b"));
}

TEST(PasswdFileFormat, IsReadAsDovecotReadsIt) {
  const auto users = parse_passwd_file(
      "ann:{PLAIN}a:1000:1000::/home/ann::userdb_mail=maildir:~/Maildir\r\n"
      "bob:$6$x$y\n# carl:{PLAIN}c\n\ncarl::\ndora:{PLAIN}d:::::: nopassword=y\nnobody\n:{PLAIN}x\n"
      "ann:{PLAIN}second\n");
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users.at("ann").password_hash, "{PLAIN}a");
  EXPECT_EQ(users.at("bob").password_hash, "$6$x$y");
}

}  // namespace
}  // namespace postern
