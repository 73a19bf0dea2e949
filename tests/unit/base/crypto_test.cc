#include "base/crypto.h"

#include <gtest/gtest.h>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/scram.h"

namespace postern {
namespace {

TEST(Crypto, HashesAsTheRfcsDo) {
  // RFC 1939 section 7 (APOP), RFC 2195 section 2 (CRAM-MD5), RFC 6070 and RFC 7914 (PBKDF2).
  EXPECT_EQ(to_hex(digest(HashKind::md5, "<1896.697170952@dbc.mtview.ca.us>tanstaaf")),
            "c4c9334bac560ecc979e58001b3e22fb");
  EXPECT_EQ(
      to_hex(hmac(HashKind::md5, "tanstaaftanstaaf", "<1896.697170952@postoffice.reston.mci.net>")),
      "b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_EQ(to_hex(pbkdf2(HashKind::sha1, "password", "salt", 4096)),
            "4b007901b765489abead49d926f721d065a429c1");
  EXPECT_EQ(to_hex(pbkdf2(HashKind::sha256, "passwd", "salt", 1)),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

TEST(Crypto, OpensOnlyWhatWasSealedForTheSame) {
  const std::string key(32, 'k');
  const std::string sealed = seal(key, "ann", "secret");
  EXPECT_EQ(unseal(key, "ann", sealed), "secret");
  EXPECT_NE(seal(key, "ann", "secret"), sealed);
  EXPECT_EQ(unseal(key, "bob", sealed), std::nullopt);
  EXPECT_EQ(unseal(std::string(32, 'x'), "ann", sealed), std::nullopt);
  EXPECT_EQ(unseal("short", "ann", sealed), std::nullopt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(unseal(key, "ann", changed), std::nullopt) << i;
    EXPECT_EQ(unseal(key, "ann", sealed.substr(0, i)), std::nullopt) << i;
  }
  EXPECT_EQ(unseal(key, "", seal(key, "", "")), "");
}

TEST(Base64, IsThatOfRfc4648) {  // section 10
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [octets, text] : rows) {
    EXPECT_EQ(base64_encode(octets), text);
    EXPECT_EQ(base64_decode(text), octets);
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zh==", "Zm9=", "Zm 9v",
                          "Zm9v\n", "Zg==Zg==", "Zm-_"}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

TEST(Scram, KeysAreWrittenAndReadAgain) {
  const ScramKeys keys = derive_scram_keys(ScramHash::sha256, "pencil", "0123456789abcdef", 4096);
  const std::string text = format_scram_keys(ScramHash::sha256, keys);
  const auto read = parse_scram_keys(ScramHash::sha256, text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->salt, keys.salt);
  EXPECT_EQ(read->iterations, 4096u);
  EXPECT_EQ(read->stored_key, keys.stored_key);
  EXPECT_EQ(read->server_key, keys.server_key);
  EXPECT_FALSE(parse_scram_keys(ScramHash::sha1, text));
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(parse_scram_keys(ScramHash::sha256, text.substr(0, i))) << i;
  }
  const ScramKeys few = derive_scram_keys(ScramHash::sha256, "pencil", "salt", 4095);
  EXPECT_FALSE(parse_scram_keys(ScramHash::sha256, format_scram_keys(ScramHash::sha256, few)));
}

}  // namespace
}  // namespace postern
