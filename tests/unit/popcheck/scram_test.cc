#include "popcheck/scram.h"

#include <gtest/gtest.h>

#include "popcheck/check.h"

namespace popcheck {
namespace {

// RFC 7677 section 3.
constexpr const char* server_first =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

ScramClient pencil() {
  ScramClient client;
  client.digest = EVP_sha256();
  client.user = "user";
  client.password = "pencil";
  client.nonce = "rOprNGfwEbeRWgbNEkqO";
  client.header = "n,,";
  return client;
}

TEST(PopcheckScram, SpeaksAsTheExampleDoes) {
  const ScramClient client = pencil();
  EXPECT_EQ(client.first(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  std::string signature;
  EXPECT_EQ(client.final(server_first, &signature),
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_EQ(base64(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(PopcheckScram, BindsAndEscapes) {
  ScramClient client = pencil();
  client.user = "a=b,c";
  client.header = "p=tls-exporter,,";
  client.binding = "xyz";
  EXPECT_EQ(client.first(), "p=tls-exporter,,n=a=3Db=2Cc,r=rOprNGfwEbeRWgbNEkqO");
  std::string signature;
  const std::string final = client.final(server_first, &signature);
  EXPECT_EQ(final.substr(0, final.find(",r=")), "c=" + base64("p=tls-exporter,,xyz"));
}

TEST(PopcheckScram, ATailSpoilsTheNonce) {
  ScramClient client = pencil();
  client.nonce_tail = "x";
  std::string signature;
  EXPECT_NE(client.final(server_first, &signature).find("$k0x,p="), std::string::npos);
}

TEST(PopcheckScram, FindsFaultsInAChallenge) {
  EXPECT_EQ(scram_challenge(server_first).fault, "");
  EXPECT_EQ(scram_challenge(server_first).iterations, 4096u);
  for (const char* bad : {"", "r=a", "r=a,i=4096", "s=YQ==,r=a,i=4096", "r=a,s=YQ==,i=0",
                          "r=a,s=YQ==,i=99999999999", "r=a,s=!,i=4096"}) {
    EXPECT_NE(scram_challenge(bad).fault, "") << bad;
  }
}

TEST(PopcheckBase64, Decodes) {
  EXPECT_EQ(from_base64("YQ=="), "a");
  EXPECT_EQ(from_base64("AHUAcA=="), std::string("\0u\0p", 4));
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("!"), "");
}

}  // namespace
}  // namespace popcheck
