#include "base/password.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/password_scheme.h"
#include "base/secret_key.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

TEST(Password, ReadsWhatOtherServersWrite) {
  // Of "secret"; made by the usual tools, not by us.
  for (
      const std::string stored :
      {"{PLAIN}secret", "{plain}secret", "{CLEARTEXT}secret", "{PLAIN.b64}c2VjcmV0",
       "{PLAIN.hex}736563726574",
       "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69",
       "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=",
       "{SHA256.HEX}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
       "{CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//", "{MD5-CRYPT}$1$saltsalt$9xy1btjgzLYfb7hivXtC//",
       "{SHA256-CRYPT}$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA",
       "{SHA512-CRYPT}$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0"
       "Y77vwPZN.Pq.H91p5hVO1",
       "{BLF-CRYPT}$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
       "{SMD5}mc0uWpXVVe5747A4pKhGJXNhbHQ=", "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0",
       "{SSHA256}+E+iFJ27Yu1ODPH1UNKUmzOmUT06dwfghQJRHHnMsO5zYWx0",
       "{SSHA512}E491yrR9AdCoE7rbOPYS3EZgSuZpVE65AD9xko08s6floNesY/"
       "Zpe9zMVvLix4S2FiQSJ99RIkNvhHomNO9u"
       "L3NhbHQ="}) {
    EXPECT_TRUE(verify_password("secret", stored)) << stored;
    EXPECT_FALSE(verify_password("Secret", stored)) << stored;
    EXPECT_FALSE(verify_password("", stored)) << stored;
  }
}

TEST(Password, KnowsTheSchemesThatCarrySalt) {
  const std::string ours = salted_sha256_password("secret");
  EXPECT_NE(salted_sha256_password("secret"), ours);
  EXPECT_TRUE(verify_password("secret", ours));
  EXPECT_FALSE(verify_password("secreT", ours));
  const ScramKeys keys = derive_scram_keys(ScramHash::sha256, "secret", "saltsalt", 4096);
  const std::string rfc5803 = format_scram_keys(ScramHash::sha256, keys);
  std::string dovecot = "{SCRAM-SHA-256}" + rfc5803.substr(rfc5803.find('$') + 1);
  for (char& c : dovecot) c = c == '$' || c == ':' ? ',' : c;
  EXPECT_TRUE(verify_password("secret", dovecot));
  EXPECT_FALSE(verify_password("Secret", dovecot));
}

TEST(Password, WhatNobodyKnowsIsNeverRight) {
  for (const std::string stored :
       {"", "{", "{}", "{}secret", "{PLAIN}", "{NTLM}secret", "{SSHA}", "{SSHA}?", "{SHA}c2VjcmV0",
        "{PLAIN.x}secret", "!", "*", "x", "{CRYPT}", "{CRYPT}!", "{SCRAM-SHA-256}1,x,y,z"}) {
    EXPECT_FALSE(verify_password("secret", stored)) << stored;
    EXPECT_FALSE(verify_password("", stored)) << stored;
  }
}

TEST(SecretKey, IsMadeOnceAndForItsOwnerAlone) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/keys/secret.key";
  EXPECT_EQ(load_secret_key(path).error().kind(), Errc::no_input);
  const auto made = load_or_make_secret_key(path);
  ASSERT_TRUE(made) << made.error().detail;
  EXPECT_EQ(made->size(), 32u);
  EXPECT_EQ(*load_or_make_secret_key(path), *made);
  EXPECT_EQ(*load_secret_key(path), *made);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_EQ(load_secret_key(path).error().kind(), Errc::configuration);
  EXPECT_EQ(load_or_make_secret_key(path).error().kind(), Errc::configuration);
  ASSERT_TRUE(write_file_atomically(path, "short"));
  EXPECT_EQ(load_secret_key(path).error().kind(), Errc::configuration);
}

}  // namespace
}  // namespace postern
