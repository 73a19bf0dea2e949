// AUTH, APOP and their place in the session. Numbers in comments are those of the list of POP3
// statements that the engine is held to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"
#include "support/engine_script.h"
#include "support/scram_client.h"

namespace postern {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string greeting = "+OK Postern ready\r\n";
const std::string plain = base64_encode(std::string_view("\0u\0p", 4));
const std::string logged_in = "+OK 1 messages (14 octets)\r\n";

EngineScript script(Pop3Engine::Options options = {}) {
  return EngineScript({"Subject: a\n\nx"}, std::move(options));
}

Pop3Engine::Options with_everything() {
  Pop3Engine::Options options;
  options.methods = {true, true, true, true};
  options.failed_logins_limit = 100;
  return options;
}

std::string answer(const std::string& client, Pop3Engine::Options options = {}) {
  return script(std::move(options)).run({client}).server.substr(greeting.size());
}

TEST(Pop3Auth, PlainInOneLineOrTwo) {  // 41, 42, 43, 45
  EXPECT_THAT(answer("AUTH PLAIN " + plain + "\r\n"), StartsWith("+OK 1 messages"));
  EXPECT_THAT(answer("auth plain\r\n" + plain + "\r\nSTAT\r\n"),
              StartsWith("+ \r\n+OK 1 messages"));
  EXPECT_THAT(answer("AUTH PLAIN =\r\n"), StartsWith("-ERR malformed"));
}

TEST(Pop3Auth, Login) {  // 50
  EXPECT_THAT(answer("AUTH LOGIN\r\ndQ==\r\ncA==\r\n"),
              StartsWith("+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK 1 messages"));
}

TEST(Pop3Auth, IsTheSameHoweverTheInputIsCutAndEndsHoweverItFails) {  // 8
  const std::string client = "AUTH LOGIN\r\ndQ==\r\ncA==\r\nSTAT\r\nDELE 1\r\nQUIT\r\n";
  const auto whole = script().run({client});
  EXPECT_TRUE(whole.committed_at_all);
  for (const auto& outcome : script().split_everywhere(client)) {
    EXPECT_EQ(outcome.server, whole.server);
    EXPECT_TRUE(outcome.closed);
  }
  for (const auto& outcome : script().fail_each_step({client})) EXPECT_TRUE(outcome.closed);
}

TEST(Pop3Auth, CancelsAndRefusesButGoesOn) {  // 18, 46, 47
  const std::string wrong = base64_encode(std::string_view("\0u\0x", 4));
  for (const std::string& bad :
       {std::string("*"), std::string("=="), std::string("AAA"), wrong, std::string("\x80")}) {
    EXPECT_THAT(answer("AUTH PLAIN\r\n" + bad + "\r\nAUTH PLAIN " + plain + "\r\nSTAT\r\n"),
                ::testing::MatchesRegex("\\+ \r\n-ERR [^\r]*\r\n\\+OK 1 messages[^\r]*\r\n"
                                        "\\+OK 1 [0-9]+\r\n"))
        << bad;
  }
  EXPECT_THAT(answer("AUTH PLAIN " + wrong + "\r\n"), StartsWith("-ERR [AUTH] "));
  EXPECT_THAT(answer("AUTH PLAIN " + base64_encode(std::string_view("\0busy\0p", 7)) + "\r\n"),
              StartsWith("-ERR [IN-USE] "));
}

TEST(Pop3Auth, NonsenseInTurnsWithAuthDoesNotGoOnForEver) {  // 12
  std::string client;
  for (int i = 0; i < 10; ++i) client += "AUTH PLAIN\r\n?\r\n";
  const auto outcome = script().run({client});
  EXPECT_TRUE(outcome.closed);
  EXPECT_EQ(outcome.server.size(),
            greeting.size() + 3 * std::string("+ \r\n-ERR that is not base64\r\n").size());
}

TEST(Pop3Auth, LongLinesAreTakenInAnExchangeAndOnlyThere) {  // 5, 52
  const std::string long_name(9'000, 'x');
  const std::string text = base64_encode(std::string("\0", 1) + long_name + std::string("\0p", 2));
  ASSERT_GT(text.size(), 12'000u);
  EXPECT_THAT(answer("AUTH PLAIN\r\n" + text + "\r\n"), StartsWith("+ \r\n-ERR [AUTH] "));
  EXPECT_THAT(answer("AUTH PLAIN " + text + "\r\n"), StartsWith("-ERR [AUTH] "));
  EXPECT_EQ(answer("AUTH PLAIN\r\n" + std::string(20'000, 'A') + "\r\nSTAT\r\nQUIT\r\n"),
            "+ \r\n-ERR line too long\r\n-ERR not now\r\n+OK bye\r\n");
  EXPECT_EQ(answer("USER " + long_name + "\r\n"), "-ERR line too long\r\n");
}

TEST(Pop3Auth, ListsMechanismsAlone) {  // 48
  EXPECT_EQ(answer("AUTH\r\n"), "+OK mechanisms follow\r\nPLAIN\r\nLOGIN\r\n.\r\n");
}

TEST(Pop3Auth, OffersWhatWorksNow) {  // 23, 29, 30
  Pop3Engine::Options options = with_everything();
  options.methods.digests = false;
  options.clear_text_login = false;
  options.stls = true;
  const std::string server = answer("CAPA\r\nAUTH PLAIN " + plain + "\r\nSTLS\r\n", options);
  EXPECT_THAT(server, HasSubstr("\r\nSASL SCRAM-SHA-256 SCRAM-SHA-1\r\n"));
  EXPECT_THAT(server, HasSubstr("-ERR [SYS/PERM] a password"));
  const std::string both = script(options).run({"STLS\r\n", "CAPA\r\n"}).server;
  EXPECT_THAT(both,
              HasSubstr("SASL SCRAM-SHA-256 SCRAM-SHA-1 OAUTHBEARER XOAUTH2 PLAIN LOGIN\r\n"));
  options.methods = {};
  EXPECT_THAT(answer("CAPA\r\n", options), Not(HasSubstr("SASL")));
}

TEST(Pop3Auth, RefusesWhatIsNotOffered) {
  EXPECT_THAT(answer("AUTH CRAM-MD5\r\n"), StartsWith("-ERR that mechanism"));
  EXPECT_THAT(answer("AUTH SCRAM-SHA-256 biws\r\n"), StartsWith("-ERR that mechanism"));
  EXPECT_THAT(answer("APOP u 0123456789abcdef0123456789abcdef\r\n"),
              StartsWith("-ERR APOP is not"));
  EXPECT_THAT(answer("AUTH PLAIN " + plain + "\r\nAUTH PLAIN " + plain + "\r\n"),
              EndsWith("-ERR not now\r\n"));  // 25
}

// Pumps an engine by hand, for dialogues whose next line depends on the last.
class Dialogue {
 public:
  explicit Dialogue(Pop3Engine::Options options) : engine_(std::move(options)) { run(); }

  // What the server says until it reads again.
  std::string say(const std::string& line) {
    said_.clear();
    engine_.on_input(line + "\r\n");
    run();
    return said_;
  }
  void secure(SaslSecurity security) { engine_.on_tls(std::move(security)); }
  const std::string& said() const { return said_; }
  const std::optional<LoginRequest>& request() const { return request_; }

 private:
  void run() {
    while (true) {
      const Pop3Engine::Action action = engine_.next();
      if (const auto* send = std::get_if<Pop3Engine::Send>(&action)) {
        said_ += send->bytes;
        engine_.on_sent();
      } else if (const auto* keys = std::get_if<Pop3Engine::FindKeys>(&action)) {
        const ScramKeys made = derive_scram_keys(keys->hash, "p", "salt", 4096);
        engine_.on_keys(ScramCandidates{"salt", 4096, {{made.stored_key, made.server_key, ""}}});
      } else if (const auto* login = std::get_if<Pop3Engine::Login>(&action)) {
        request_ = login->request;
        const auto* settled = std::get_if<SettledProof>(&login->request.proof);
        if (settled != nullptr && settled->proven) {
          engine_.on_login(std::span<const Entry>());
        } else {
          engine_.on_login(Error(Errc::authentication, "wrong"));
        }
      } else {
        return;
      }
    }
  }

  Pop3Engine engine_;
  std::string said_;
  std::optional<LoginRequest> request_;
};

std::string challenge_in(const std::string& reply) {
  EXPECT_THAT(reply, StartsWith("+ "));
  EXPECT_THAT(reply, EndsWith("\r\n"));
  return base64_decode(reply.substr(2, reply.size() - 4)).value_or("");
}

TEST(Pop3Auth, ScramFromCapaToTransaction) {  // 53
  for (const bool plus : {false, true}) {
    for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
      Dialogue dialogue(with_everything());
      dialogue.secure({"octets", "", {}});
      ScramClient client(hash, "ann", "p", plus ? "p=tls-exporter" : "n", plus ? "octets" : "");
      const std::string name = std::string(scram_name(hash)) + (plus ? "-PLUS" : "");
      const auto first =
          challenge_in(dialogue.say("AUTH " + name + " " + base64_encode(client.first())));
      const auto last = challenge_in(dialogue.say(base64_encode(client.final(first))));
      EXPECT_EQ(last, client.expected());
      EXPECT_THAT(dialogue.say(""), StartsWith("+OK 0 messages")) << name;
      EXPECT_EQ(dialogue.request()->user, "ann");
    }
  }
}

TEST(Pop3Auth, ScramWithAWrongPasswordIsAWrongLogin) {
  Dialogue dialogue(with_everything());
  ScramClient client(ScramHash::sha256, "ann", "wrong");
  const auto first =
      challenge_in(dialogue.say("AUTH SCRAM-SHA-256 " + base64_encode(client.first())));
  EXPECT_THAT(dialogue.say(base64_encode(client.final(first))), StartsWith("-ERR [AUTH] "));
  // What was said in one exchange is worth nothing in the next: other nonces.
  dialogue.say("AUTH SCRAM-SHA-256 " + base64_encode(client.first()));
  EXPECT_THAT(dialogue.say(base64_encode(client.final(first))), StartsWith("-ERR that is not the"));
}

TEST(Pop3Auth, ApopChallengesAnewInEachSession) {  // 24
  Dialogue one(with_everything());
  const Dialogue other(with_everything());
  EXPECT_THAT(one.said(), ::testing::MatchesRegex("\\+OK Postern ready <[0-9a-f]+@postern>\r\n"));
  EXPECT_NE(one.said(), other.said());
  const std::string digits = "C4C9334BAC560ECC979E58001B3E22FB";
  EXPECT_THAT(one.say("APOP mrose " + digits), StartsWith("-ERR [AUTH]"));
  const auto& proof = std::get<DigestProof>(one.request()->proof);
  EXPECT_EQ(one.request()->user, "mrose");
  EXPECT_EQ(proof.digest, "c4c9334bac560ecc979e58001b3e22fb");
  EXPECT_THAT(proof.challenge, StartsWith("<"));
  for (const char* bad :
       {"APOP", "APOP u", "APOP u 123", "APOP u xyz9334bac560ecc979e58001b3e22fb"}) {
    EXPECT_THAT(one.say(bad), StartsWith("-ERR")) << bad;
  }
}

TEST(Pop3Auth, ARefusedTokenIsExplainedBeforeTheRefusal) {  // 55
  Dialogue dialogue(with_everything());
  const std::string message =
      "user=ann\x01"
      "auth=Bearer token\x01\x01";
  EXPECT_THAT(challenge_in(dialogue.say("AUTH XOAUTH2 " + base64_encode(message))),
              HasSubstr("\"status\":\"401\""));
  EXPECT_EQ(std::get<BearerProof>(dialogue.request()->proof).token, "token");
  EXPECT_THAT(dialogue.say(""), StartsWith("-ERR [AUTH] "));
  EXPECT_THAT(dialogue.say("NOOP"), StartsWith("-ERR not now"));
}

TEST(Pop3Auth, ExternalIsTheCertificatesName) {
  Dialogue dialogue(with_everything());
  dialogue.secure({"", "", {"ann@example.org"}});
  EXPECT_THAT(dialogue.say("AUTH EXTERNAL =").substr(0, 5), "+OK 0");
  EXPECT_EQ(dialogue.request()->user, "ann@example.org");
}

}  // namespace
}  // namespace postern
