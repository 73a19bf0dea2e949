// Our client's engine talks to our server's: every way to log in, with and without TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ascii.h"
#include "proto/pop3_client.h"
#include "proto/pop3_engine.h"
#include "proto/sasl_scram_client.h"

namespace postern {
namespace {

using ::testing::HasSubstr;

const SaslSecurity security{"exporter", "end point", {}};

struct Setting {
  std::string method;
  Pop3Security security = Pop3Security::implicit_tls;
  std::string password = "secret";
  SaslSecurity clients_security = postern::security;
  bool clear_text_login = false;
};

class Dialogue {
 public:
  explicit Dialogue(Setting setting)
      : setting_(std::move(setting)), client_(client_options()), server_(server_options()) {}

  // True when logged in.
  bool run() {
    if (setting_.security == Pop3Security::implicit_tls) {
      client_.on_tls(setting_.clients_security);
      server_.on_tls(security);
    }
    for (int turns = 0; turns < 1000; ++turns) {
      step_server();
      const auto action = client_.next();
      if (std::holds_alternative<Pop3Client::Ready>(action)) return true;
      if (const auto* failed = std::get_if<Pop3Client::Failed>(&action)) {
        failure = failed->error;
        return false;
      }
      step_client(action);
    }
    return false;
  }

  Error failure;
  std::string said;  // by the client
  std::string method() const { return client_.login_method(); }

 private:
  Pop3Client::Options client_options() const {
    Pop3Client::Options options;
    options.host = "pop.example.org";
    options.port = "995";
    options.security = setting_.security;
    options.clear_text_login = setting_.clear_text_login;
    options.credentials.user = "ann,=é";
    const bool bearer = setting_.method == "XOAUTH2" || setting_.method == "OAUTHBEARER";
    (bearer ? options.credentials.token : options.credentials.password) = setting_.password;
    if (!setting_.method.empty()) options.methods = {setting_.method};
    return options;
  }

  Pop3Engine::Options server_options() const {
    Pop3Engine::Options options;
    options.tls = setting_.security == Pop3Security::implicit_tls;
    options.stls = setting_.security == Pop3Security::stls;
    options.clear_text_login = setting_.clear_text_login;
    options.methods = {true, true, true, true};
    return options;
  }

  static bool is_right(const LoginRequest& request) {
    if (request.user != "ann,=é") return false;
    if (const auto* settled = std::get_if<SettledProof>(&request.proof)) return settled->proven;
    if (const auto* bearer = std::get_if<BearerProof>(&request.proof)) {
      return bearer->token == "secret";
    }
    if (const auto* proof = std::get_if<DigestProof>(&request.proof)) {
      return proof->digest == to_hex(proof->kind == DigestProof::Kind::apop
                                         ? digest(HashKind::md5, proof->challenge + "secret")
                                         : hmac(HashKind::md5, "secret", proof->challenge));
    }
    return std::get<PasswordProof>(request.proof).password == "secret";
  }

  // Until the server waits for the client.
  void step_server() {
    while (true) {
      const auto action = server_.next();
      if (const auto* send = std::get_if<Pop3Engine::Send>(&action)) {
        to_client_ += send->bytes;
        server_.on_sent();
      } else if (const auto* keys = std::get_if<Pop3Engine::FindKeys>(&action)) {
        const ScramKeys made = derive_scram_keys(keys->hash, "secret", "0123456789abcdef", 4096);
        server_.on_keys(
            ScramCandidates{made.salt, made.iterations, {{made.stored_key, made.server_key, ""}}});
      } else if (const auto* login = std::get_if<Pop3Engine::Login>(&action)) {
        if (is_right(login->request)) {
          server_.on_login(std::span<const Entry>(entries_));
        } else {
          server_.on_login(Error(Errc::authentication, "wrong"));
        }
      } else {
        return;
      }
    }
  }

  void step_client(const Pop3Client::Action& action) {
    if (const auto* send = std::get_if<Pop3Client::Send>(&action)) {
      said += send->bytes;
      server_.on_input(send->bytes);
      client_.on_sent();
    } else if (std::holds_alternative<Pop3Client::StartTls>(action)) {
      server_.on_tls(security);
      client_.on_tls(setting_.clients_security);
    } else if (std::holds_alternative<Pop3Client::Work>(action)) {
      client_.work();
    } else if (to_client_.empty()) {
      client_.on_end();
    } else {
      client_.on_input(std::exchange(to_client_, {}));
    }
  }

  const Setting setting_;
  const std::vector<Entry> entries_{{"a", 1}};
  Pop3Client client_;
  Pop3Engine server_;
  std::string to_client_;
};

const std::vector<std::string> all_methods{"PLAIN",
                                           "LOGIN",
                                           "USER",
                                           "APOP",
                                           "CRAM-MD5",
                                           "SCRAM-SHA-1",
                                           "SCRAM-SHA-256",
                                           "SCRAM-SHA-1-PLUS",
                                           "SCRAM-SHA-256-PLUS",
                                           "XOAUTH2",
                                           "OAUTHBEARER"};

TEST(Pop3ClientLogin, EveryMethodLogsInUnderTls) {
  for (const std::string& method : all_methods) {
    Dialogue dialogue({method});
    EXPECT_TRUE(dialogue.run()) << method << ": " << dialogue.failure.detail;
    EXPECT_EQ(dialogue.method(), method);
  }
}

TEST(Pop3ClientLogin, EveryMethodButApopLogsInBehindStls) {
  for (const std::string& method : all_methods) {
    Dialogue dialogue({method, Pop3Security::stls});
    EXPECT_EQ(dialogue.run(), method != "APOP") << method << ": " << dialogue.failure.detail;
  }
}

TEST(Pop3ClientLogin, EveryMethodKnowsAWrongPassword) {
  for (const std::string& method : all_methods) {
    Dialogue dialogue({method, Pop3Security::implicit_tls, "wrong"});
    EXPECT_FALSE(dialogue.run()) << method;
    EXPECT_EQ(dialogue.failure.kind(), Errc::authentication)
        << method << ": " << dialogue.failure.detail;
  }
}

TEST(Pop3ClientLogin, InTheClearTheStrongestGoesFirst) {
  Dialogue dialogue({"", Pop3Security::clear});
  EXPECT_TRUE(dialogue.run()) << dialogue.failure.detail;
  EXPECT_EQ(dialogue.method(), "SCRAM-SHA-256");
}

TEST(Pop3ClientLogin, ChannelBindingIsToTheChannelAtHand) {  // 53, 54
  for (const std::string method : {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}) {
    Dialogue between({method, Pop3Security::implicit_tls, "secret", {"another", "channel", {}}});
    EXPECT_FALSE(between.run());
    Dialogue end_point({method, Pop3Security::implicit_tls, "secret", {"", "end point", {}}});
    EXPECT_TRUE(end_point.run()) << end_point.failure.detail;
    Dialogue unbound({method, Pop3Security::implicit_tls, "secret", {}});
    EXPECT_FALSE(unbound.run());
    EXPECT_EQ(unbound.failure.kind(), Errc::configuration);
  }
}

SaslCredentials credentials() {
  SaslCredentials made;
  made.user = "user";
  made.password = "pencil";
  return made;
}

TEST(SaslScramClient, MakesItsMessagesAsRfc5802Says) {  // sections 5 and 7
  const SaslCredentials who = credentials();
  SaslScramClient client(ScramHash::sha256, who, {"n"}, "nonce");
  EXPECT_EQ(client.initial_response(), "n,,n=user,r=bm9uY2U=");
  const auto final =
      client.respond("r=bm9uY2U=%hvYDpWUa2RaTCAfuxFIlj,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  ASSERT_TRUE(final);
  EXPECT_THAT(*final, HasSubstr("c=biws,r=bm9uY2U=%hvYDpWUa2RaTCAfuxFIlj,p="));
}

TEST(SaslScramClient, RefusesWhatAServerMustNotSay) {  // 53
  struct Case {
    std::string message;
    Errc kind;
  };
  const std::vector<Case> cases{
      {"", Errc::bad_data},
      {"r=bm9uY2U=,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Errc::bad_data},   // nothing of its own
      {"r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Errc::bad_data},      // nothing of ours
      {"r=bm9uY2U=x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1000", Errc::bad_data},  // too weak
      {"r=bm9uY2U=x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000", Errc::bad_data},  // too long
      {"r=bm9uY2U=x,s=,i=4096", Errc::bad_data},
      {"r=bm9uY2U=x,s=?,i=4096", Errc::bad_data},
      {"m=1,r=bm9uY2U=x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", Errc::bad_data},
  };
  const SaslCredentials who = credentials();
  for (const Case& one : cases) {
    SaslScramClient client(ScramHash::sha256, who, {"n"}, "nonce");
    (void)client.initial_response();
    const auto answer = client.respond(one.message);
    ASSERT_FALSE(answer) << one.message;
    EXPECT_EQ(answer.error().kind(), one.kind) << one.message;
    EXPECT_FALSE(client.finish());
  }
}

TEST(SaslScramClient, BelievesNoServerThatDoesNotProveItself) {
  const SaslCredentials who = credentials();
  const std::string server_first = "r=bm9uY2U=x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
  for (const std::string last : {"v=AAAA", "x", "", "e=invalid-proof"}) {
    SaslScramClient client(ScramHash::sha256, who, {"n"}, "nonce");
    (void)client.initial_response();
    ASSERT_TRUE(client.respond(server_first));
    EXPECT_FALSE(client.finish());  // the success came too early
    const auto answer = client.respond(last);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(),
              last.starts_with("e=") ? Errc::authentication : Errc::bad_data);
    EXPECT_FALSE(client.finish());
  }
}

TEST(SaslScramClient, TellsTheServerOfADowngrade) {  // 53
  const auto flag = [](const SaslSecurity& with, bool plus, bool listed) {
    const auto binding = SaslScramClient::choose_binding(with, plus, listed);
    return binding ? binding->flag : "none";
  };
  EXPECT_EQ(flag({}, false, false), "n");
  EXPECT_EQ(flag(security, false, false), "y");
  EXPECT_EQ(flag(security, false, true), "n");
  EXPECT_EQ(flag(security, true, true), "p=tls-exporter");
  EXPECT_EQ(flag({"", "end point", {}}, true, true), "p=tls-server-end-point");
  EXPECT_EQ(flag({}, true, true), "none");
}

}  // namespace
}  // namespace postern
