#include "proto/sasl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/sasl_oauth.h"
#include "proto/sasl_scram.h"
#include "support/scram_client.h"

namespace postern {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const SaslSecurity in_the_clear;
const SaslSecurity under_tls{"exporter octets", "certificate hash", {"ann@example.org", "ann"}};
constexpr LoginMethods all_methods{true, true, true, true};

std::string challenge_of(const SaslStep& step) {
  const auto* challenge = std::get_if<SaslChallenge>(&step);
  return challenge != nullptr ? challenge->octets : "<no challenge>";
}

bool fails(const SaslStep& step) { return std::holds_alternative<SaslFailure>(step); }

std::unique_ptr<SaslServer> server_of(std::string_view name) {
  return make_sasl_server(name, {all_methods, true, under_tls});
}

TEST(SaslMechanisms, AreThoseThatWork) {
  EXPECT_THAT(sasl_mechanisms({all_methods, true, under_tls}),
              ElementsAre("EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
                          "SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN", "CRAM-MD5"));
  EXPECT_THAT(sasl_mechanisms({all_methods, false, in_the_clear}),
              ElementsAre("SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5"));
  EXPECT_THAT(sasl_mechanisms({{}, true, in_the_clear}), ElementsAre("PLAIN", "LOGIN"));
  EXPECT_THAT(sasl_mechanisms({{}, false, in_the_clear}), IsEmpty());
}

TEST(SaslMechanisms, OneThatDoesNotWorkCannotBeHad) {
  EXPECT_EQ(make_sasl_server("PLAIN", {all_methods, false, in_the_clear}), nullptr);
  EXPECT_EQ(make_sasl_server("EXTERNAL", {all_methods, true, in_the_clear}), nullptr);
  EXPECT_EQ(make_sasl_server("SCRAM-SHA-1-PLUS", {all_methods, true, in_the_clear}), nullptr);
  EXPECT_EQ(make_sasl_server("CRAM-MD5", {{}, true, under_tls}), nullptr);
  EXPECT_EQ(make_sasl_server("GSSAPI", {all_methods, true, under_tls}), nullptr);
  EXPECT_NE(make_sasl_server("plain", {{}, true, in_the_clear}), nullptr);
}

TEST(SaslPlain, GivesNameAndPassword) {  // RFC 4616 section 4
  const auto step = server_of("PLAIN")->begin(std::string_view("Ursel\0Kurt\0xipj3plmq", 20));
  const auto* request = std::get_if<LoginRequest>(&step);
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(request->user, "Kurt");
  EXPECT_EQ(request->on_behalf_of, "Ursel");
  EXPECT_EQ(std::get<PasswordProof>(request->proof).password, "xipj3plmq");
  EXPECT_EQ(challenge_of(server_of("PLAIN")->begin(std::nullopt)), "");
}

TEST(SaslPlain, RefusesWhatIsMalformed) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("a"), std::string_view("\0a", 2),
        std::string_view("\0\0p", 3), std::string_view("\0a\0p\0", 5)}) {
    EXPECT_TRUE(fails(server_of("PLAIN")->begin(text)));
  }
}

TEST(SaslLogin, AsksTwice) {
  const auto server = server_of("LOGIN");
  EXPECT_EQ(challenge_of(server->begin(std::nullopt)), "Username:");
  EXPECT_EQ(challenge_of(server->respond("ann")), "Password:");
  const auto step = server->respond("pass word");
  EXPECT_EQ(std::get<LoginRequest>(step).user, "ann");
  EXPECT_EQ(std::get<PasswordProof>(std::get<LoginRequest>(step).proof).password, "pass word");
  EXPECT_EQ(challenge_of(server_of("LOGIN")->begin("ann")), "Password:");
  EXPECT_TRUE(fails(server_of("LOGIN")->begin("")));
}

TEST(SaslCramMd5, ChallengesAnewEachTime) {
  const auto server = server_of("CRAM-MD5");
  const std::string challenge = challenge_of(server->begin(std::nullopt));
  EXPECT_NE(challenge_of(server_of("CRAM-MD5")->begin(std::nullopt)), challenge);
  const auto step = server->respond("tim jones B913A602C7EDA7A495B4E6E7334D3890");
  const auto& request = std::get<LoginRequest>(step);
  EXPECT_EQ(request.user, "tim jones");
  const auto& proof = std::get<DigestProof>(request.proof);
  EXPECT_EQ(proof.challenge, challenge);
  EXPECT_EQ(proof.digest, "b913a602c7eda7a495b4e6e7334d3890");
  EXPECT_TRUE(fails(server_of("CRAM-MD5")->begin("tim b913a602c7eda7a495b4e6e7334d3890")));
  for (const char* bad : {"", "tim", " b913a602c7eda7a495b4e6e7334d3890", "tim b913"}) {
    EXPECT_TRUE(fails(server_of("CRAM-MD5")->respond(bad))) << bad;
  }
}

TEST(SaslExternal, TakesTheCertificatesNameAndNoOther) {
  const auto begin = [](std::string_view name) {
    const auto step = server_of("EXTERNAL")->begin(name);
    return std::get<LoginRequest>(step);
  };
  EXPECT_EQ(begin("").user, "ann@example.org");
  EXPECT_TRUE(std::get<SettledProof>(begin("").proof).proven);
  EXPECT_EQ(begin("ann").user, "ann");
  EXPECT_TRUE(std::get<SettledProof>(begin("ann").proof).proven);
  EXPECT_FALSE(std::get<SettledProof>(begin("bob").proof).proven);
}

struct Vector {
  ScramHash hash;
  const char* client_nonce;
  const char* server_nonce;
  const char* salt;
  const char* proof;
  const char* signature;
};

TEST(SaslScram, SpeaksAsTheRfcsDo) {  // RFC 5802 section 5, RFC 7677 section 3
  for (const Vector& row :
       {Vector{ScramHash::sha1, "fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j",
               "QSXCR+Q6sek8bf92", "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
        Vector{ScramHash::sha256, "rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
               "W22ZaJ0SNY7soEsUEjb6gQ==", "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
               "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="}}) {
    ScramServer server({row.hash, false, false, row.server_nonce}, in_the_clear);
    const std::string nonce = row.client_nonce;
    const auto lookup = server.begin("n,,n=user,r=" + nonce);
    EXPECT_EQ(std::get<SaslLookup>(lookup).user, "user");
    const ScramKeys keys = derive_scram_keys(row.hash, "pencil", *base64_decode(row.salt), 4096);
    const std::string both = nonce + row.server_nonce;
    EXPECT_EQ(challenge_of(server.on_keys(
                  {keys.salt, keys.iterations, {{keys.stored_key, keys.server_key, "phone"}}})),
              "r=" + both + ",s=" + row.salt + ",i=4096");
    EXPECT_EQ(challenge_of(server.respond("c=biws,r=" + both + ",p=" + row.proof)),
              std::string("v=") + row.signature);
    const auto done = server.respond("");
    const auto& proof = std::get<SettledProof>(std::get<LoginRequest>(done).proof);
    EXPECT_TRUE(proof.proven);
    EXPECT_EQ(proof.device, "phone");
  }
}

// A whole exchange; the step after the client's final message.
SaslStep exchange(ScramClient client, ScramServer::Setting setting, const SaslSecurity& security) {
  ScramServer server(std::move(setting), security);
  const auto lookup = server.begin(client.first());
  if (!std::holds_alternative<SaslLookup>(lookup)) return lookup;
  const ScramKeys keys = derive_scram_keys(ScramHash::sha256, "secret", "salt", 4096);
  const auto first = server.on_keys(
      {keys.salt,
       keys.iterations,
       {{std::string(32, 'x'), std::string(32, 'y'), ""}, {keys.stored_key, keys.server_key, ""}}});
  const auto last = server.respond(client.final(challenge_of(first)));
  if (const auto* challenge = std::get_if<SaslChallenge>(&last)) {
    EXPECT_EQ(challenge->octets, client.expected());
  }
  return last;
}

const ScramServer::Setting plain{ScramHash::sha256, false, false, "nonce"};
const ScramServer::Setting plus{ScramHash::sha256, true, true, "nonce"};

TEST(SaslScram, OneOfSeveralPasswordsIsEnoughAndAWrongOneIsNot) {
  EXPECT_TRUE(std::holds_alternative<SaslChallenge>(
      exchange({ScramHash::sha256, "ann", "secret"}, plain, in_the_clear)));
  const auto wrong = exchange({ScramHash::sha256, "ann", "Secret"}, plain, in_the_clear);
  EXPECT_FALSE(std::get<SettledProof>(std::get<LoginRequest>(wrong).proof).proven);
}

TEST(SaslScram, BindsToTheChannel) {
  const auto run = [](const char* flag, const char* octets) {
    return exchange({ScramHash::sha256, "ann", "secret", flag, octets}, plus, under_tls);
  };
  const auto succeeds = [](const SaslStep& step) {
    return std::holds_alternative<SaslChallenge>(step);
  };
  EXPECT_TRUE(succeeds(run("p=tls-exporter", "exporter octets")));
  EXPECT_TRUE(succeeds(run("p=tls-server-end-point", "certificate hash")));
  EXPECT_TRUE(fails(run("p=tls-exporter", "another connection")));
  EXPECT_TRUE(fails(run("p=tls-unique", "exporter octets")));
  EXPECT_TRUE(fails(run("n", "")));
  EXPECT_TRUE(fails(run("y", "")));
  const SaslSecurity old_tls{"", "certificate hash", {}};
  EXPECT_TRUE(
      fails(exchange({ScramHash::sha256, "ann", "secret", "p=tls-exporter", ""}, plus, old_tls)));
}

TEST(SaslScram, RefusesADowngrade) {  // RFC 5802 section 6
  const ScramServer::Setting beside_plus{ScramHash::sha256, false, true, "nonce"};
  EXPECT_TRUE(fails(exchange({ScramHash::sha256, "ann", "secret", "y"}, beside_plus, under_tls)));
  EXPECT_FALSE(fails(exchange({ScramHash::sha256, "ann", "secret", "n"}, beside_plus, under_tls)));
  EXPECT_FALSE(fails(exchange({ScramHash::sha256, "ann", "secret", "y"}, plain, in_the_clear)));
}

TEST(SaslScram, RefusesFirstMessagesThatAreMalformed) {
  for (const char* message :
       {"", "n", "n,", "n,,", "n,,n=ann", "n,,r=abc", "n,,n=,r=abc", "n,,n=ann,r=", "x,,n=ann,r=a",
        "n,b=x,n=ann,r=abc", "n,,m=x,n=ann,r=abc", "n,,n=a=2Cb=,r=abc", "n,,n=a=41,r=abc",
        "n,,n=ann,r=a c", "p=,,n=ann,r=abc", "n,a=,n=ann,r=abc"}) {
    ScramServer server(plain, in_the_clear);
    EXPECT_TRUE(fails(server.begin(message))) << message;
    EXPECT_TRUE(fails(server.respond("n,,n=ann,r=abc"))) << "a failed exchange is over";
  }
}

TEST(SaslScram, RefusesFinalMessagesThatAreMalformed) {
  for (const std::string message :
       {"", "c=biws", "c=biws,r=abcnonce", "c=biws,r=abcnonce,p=?", "c=biws,r=abcnonc,p=AAAA",
        "c=eSws,r=abcnonce,p=AAAA", "r=abcnonce,c=biws,p=AAAA", "c=biws,p=AAAA"}) {
    ScramServer server(plain, in_the_clear);
    server.begin("n,,n=ann,r=abc");
    server.on_keys({"salt", 4096, {{std::string(32, 'x'), std::string(32, 'y'), ""}}});
    EXPECT_TRUE(fails(server.respond(message))) << message;
  }
}

TEST(SaslScram, DecodesNames) {  // RFC 5802 section 5.1
  EXPECT_EQ(decode_sasl_name("a=2Cb=3Dc"), "a,b=c");
  for (const char* bad : {"", "=", "=2", "=2c", "a=3E", "a,b"}) {
    EXPECT_EQ(decode_sasl_name(bad), std::nullopt) << bad;
  }
}

TEST(SaslOAuth, ReadsTokens) {  // RFC 7628 section 4.1, with our names
  const auto bearer = parse_oauthbearer(
      "n,a=ann@example.org,\x01host=mail.example.org\x01port=995\x01"
      "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01");
  ASSERT_TRUE(bearer);
  EXPECT_EQ(bearer->user, "ann@example.org");
  EXPECT_EQ(bearer->host, "mail.example.org");
  EXPECT_EQ(bearer->port, "995");
  EXPECT_EQ(bearer->token, "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
  const auto google = parse_xoauth2(
      "user=ann@example.org\x01"
      "auth=Bearer ya29.x-y_z~\x01\x01");
  ASSERT_TRUE(google);
  EXPECT_EQ(google->user, "ann@example.org");
  EXPECT_EQ(google->token, "ya29.x-y_z~");
}

TEST(SaslOAuth, RefusesWhatIsMalformed) {
  for (const char* bad : {"", "\x01\x01", "n,,\x01\x01",
                          "n,,\x01"
                          "auth=Basic x\x01\x01",
                          "n,,\x01"
                          "auth=Bearer x",
                          "n,,\x01"
                          "auth=Bearer x y\x01\x01",
                          "p=tls-exporter,,\x01"
                          "auth=Bearer x\x01\x01",
                          "n,b=x,\x01"
                          "auth=Bearer x\x01\x01",
                          "n,a=,\x01"
                          "auth=Bearer x\x01\x01",
                          "n,,\x01"
                          "auth\x01\x01"}) {
    EXPECT_FALSE(parse_oauthbearer(bad)) << bad;
  }
  for (const char* bad : {"", "user=ann\x01\x01", "auth=Bearer x\x01\x01",
                          "user=\x01"
                          "auth=Bearer x\x01\x01"}) {
    EXPECT_FALSE(parse_xoauth2(bad)) << bad;
  }
}

}  // namespace
}  // namespace postern
