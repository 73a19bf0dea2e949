// Numbers in comments are those of the list of POP3 statements that the engine is held to.
#include "proto/pop3_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/engine_script.h"

namespace postern {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string greeting = "+OK Postern ready\r\n";
const std::string login = "USER u\r\nPASS p\r\n";

const std::vector<std::string> two_messages{"Subject: a\n\n.dot\nbody\n", "Subject: b\n\nx\n"};

// What the server says to `client` after login, without greeting and login replies.
std::string answer(const std::string& client,
                   const std::vector<std::string>& messages = two_messages) {
  const auto outcome = EngineScript(messages).run({login + client});
  const std::string intro = greeting + "+OK send PASS\r\n";
  EXPECT_THAT(outcome.server, StartsWith(intro));
  const std::size_t end = outcome.server.find("\r\n", intro.size()) + 2;
  return outcome.server.substr(end);
}

// What it says to a client that has not logged in, without the greeting.
std::string answer_before_login(const std::string& client, Pop3Engine::Options options = {}) {
  return EngineScript(two_messages, options).run({client}).server.substr(greeting.size());
}

TEST(Pop3Engine, GreetsInOneShortLine) {  // 1
  const auto outcome = EngineScript({}).run({});
  EXPECT_EQ(outcome.server, greeting);
  EXPECT_TRUE(outcome.closed);
}

TEST(Pop3Engine, AnswersTheSameHoweverTheInputIsCut) {  // 8, 13, 99
  const std::string client = login +
                             "STAT\r\nLIST\r\nUIDL\nRETR 1\r\nTOP 2 0\r\nDELE 2\r\nLIST\r\nnoop\r\n"
                             "RSET\r\nDELE 1\r\nXYZ\r\nQUIT\r\n";
  const EngineScript script(two_messages);
  const auto whole = script.run({client});
  EXPECT_THAT(whole.committed, ElementsAre(0));
  for (const auto& outcome : script.split_everywhere(client)) {
    EXPECT_EQ(outcome.server, whole.server);
    EXPECT_EQ(outcome.committed, whole.committed);
    EXPECT_TRUE(outcome.closed);
  }
}

TEST(Pop3Engine, NeverCommitsWithoutQuitAndAlwaysEnds) {  // 85, 90, 101
  const EngineScript script(two_messages);
  const std::vector<std::string> dialogue{login, "STAT\r\n", "RETR 1\r\n", "DELE 1\r\n",
                                          "QUIT\r\n"};
  for (const auto& outcome : script.fail_each_step(dialogue)) EXPECT_TRUE(outcome.closed);
  const std::vector<std::string> unfinished(dialogue.begin(), dialogue.end() - 1);
  EXPECT_FALSE(script.run(unfinished).committed_at_all);
  for (const auto& outcome : script.fail_each_step(unfinished)) {
    EXPECT_TRUE(outcome.closed);
    EXPECT_FALSE(outcome.committed_at_all);
  }
}

TEST(Pop3Engine, CommandsAreCaseInsensitiveAndMayEndInLf) {  // 4, 7
  EXPECT_EQ(answer("sTaT\n"), "+OK 2 43\r\n");
  EXPECT_THAT(answer("STAT\rNOOP\r\n"), StartsWith("-ERR"));
}

TEST(Pop3Engine, UnknownAndMalformedCommandsLeaveTheStateAlone) {  // 3, 4, 9, 88
  for (const std::string bad : {"XYZ", "", " STAT", "STATS", "ST\x80T", "STAT 1", "RETR", "TOP 1",
                                "NOOP x", "LIST 1 2", "TOP 1 2 3", "LAST"}) {
    EXPECT_THAT(answer(bad + "\r\nSTAT\r\n"),
                ::testing::MatchesRegex("-ERR [^\r]*\r\n\\+OK 2 43\r\n"))
        << bad;
  }
  EXPECT_THAT(answer(std::string("ST\0AT\r\nSTAT\r\n", 13)), EndsWith("+OK 2 43\r\n"));
}

TEST(Pop3Engine, LinesOf255OctetsPassAndLongerOnesAreDrained) {  // 5
  const auto user_line = [](std::size_t octets) {
    return "USER " + std::string(octets - 7, 'x') + "\r\n";
  };
  EXPECT_EQ(answer_before_login(user_line(255)), "+OK send PASS\r\n");
  EXPECT_EQ(answer_before_login(user_line(256) + "QUIT\r\n"), "-ERR line too long\r\n+OK bye\r\n");
  EXPECT_EQ(answer_before_login(std::string(100'000, 'x') + "\r\nQUIT\r\n"),
            "-ERR line too long\r\n+OK bye\r\n");
  const EngineScript script({});
  for (const auto& outcome : script.split_everywhere(std::string(600, 'x') + "\nQUIT\r\n")) {
    EXPECT_EQ(outcome.server, greeting + "-ERR line too long\r\n+OK bye\r\n");
  }
}

TEST(Pop3Engine, PasswordIsEverythingBehindTheFirstSpace) {  // 10
  Pop3Engine engine({});
  engine.next();
  engine.on_sent();
  engine.on_input("USER u\r\nPASS  a b\xc3\xa9 \r\n");
  engine.next();
  engine.on_sent();
  const auto action = engine.next();
  const auto* wanted = std::get_if<Pop3Engine::Login>(&action);
  ASSERT_NE(wanted, nullptr);
  EXPECT_EQ(wanted->request.user, "u");
  EXPECT_EQ(std::get<PasswordProof>(wanted->request.proof).password, " a b\xc3\xa9 ");
}

TEST(Pop3Engine, NumbersAreDecimalAndNothingElse) {  // 11
  for (const std::string number :
       {"0", "-1", "+1", "3", "4294967297", "18446744073709551617", "1x", "0x1", "1.", ""}) {
    for (const std::string command : {"RETR ", "DELE ", "LIST ", "UIDL "}) {
      if (number.empty() && (command == "LIST " || command == "UIDL ")) continue;
      EXPECT_THAT(answer(command + number + "\r\n"), StartsWith("-ERR")) << command << number;
    }
    EXPECT_THAT(answer("TOP " + number + " 1\r\n"), StartsWith("-ERR")) << number;
  }
  for (const std::string lines : {"-1", "+1", "x", "99999999999999999999999"}) {
    EXPECT_THAT(answer("TOP 1 " + lines + "\r\n"), StartsWith("-ERR")) << lines;
  }
  EXPECT_THAT(answer("RETR 01\r\n"), StartsWith("+OK"));
}

TEST(Pop3Engine, HangsUpAfterBadCommandsInARow) {  // 12
  Pop3Engine::Options options;
  options.bad_commands_limit = 3;
  const std::string server =
      answer_before_login("A\r\nB\r\nCAPA\r\nC\r\nD\r\nE\r\nCAPA\r\n", options);
  EXPECT_THAT(server, EndsWith("-ERR unknown command\r\n-ERR too many bad commands\r\n"));
}

TEST(Pop3Engine, CommandsThatAreRejectedByThemselvesAreBadOnesToo) {  // 12
  const auto often = [](const std::string& command) {
    std::string lines;
    for (int i = 0; i < 25; ++i) lines += command + "\r\n";
    return lines;
  };
  const std::string hung_up = "-ERR too many bad commands\r\n";
  for (const std::string bad : {"PASS x", "AUTH X", "STLS", "APOP u x"}) {
    EXPECT_THAT(answer_before_login(often(bad)), EndsWith(hung_up)) << bad;
  }
  for (const std::string bad : {"RETR x", "DELE -1", "LIST +1", "TOP 1", "TOP 1 -1"}) {
    EXPECT_THAT(answer(often(bad)), EndsWith(hung_up)) << bad;
  }
  // A message that is not there is a question well asked.
  EXPECT_THAT(answer(often("RETR 9") + "NOOP\r\n"), EndsWith("+OK\r\n"));
}

TEST(Pop3Engine, PassNeedsUser) {  // 16
  EXPECT_THAT(answer_before_login("PASS p\r\n"), StartsWith("-ERR"));
  EXPECT_THAT(answer_before_login("USER u\r\nPASS wrong\r\nPASS p\r\n"),
              EndsWith("-ERR USER first\r\n"));
}

TEST(Pop3Engine, UserTellsNothing) {  // 17
  EXPECT_EQ(answer_before_login("USER u\r\n"), answer_before_login("USER nobody\r\n"));
}

TEST(Pop3Engine, FailuresHaveTheCodesThatClientsUnderstand) {  // 18-22
  EXPECT_THAT(answer_before_login("USER u\r\nPASS x\r\n"), HasSubstr("\r\n-ERR [AUTH] "));
  EXPECT_THAT(answer_before_login("USER busy\r\nPASS x\r\n"), HasSubstr("\r\n-ERR [IN-USE] "));
  EXPECT_THAT(answer_before_login("USER gone\r\nPASS x\r\n"), HasSubstr("\r\n-ERR [SYS/PERM] "));
  EXPECT_THAT(answer_before_login("USER soon\r\nPASS x\r\n"), HasSubstr("\r\n-ERR [LOGIN-DELAY] "));
  const auto outcome = EngineScript({}).run({login}, 2);  // greeting, reply to USER, Login
  EXPECT_THAT(outcome.server, HasSubstr("\r\n-ERR [SYS/TEMP] "));
  EXPECT_THAT(answer_before_login("USER u\r\nPASS x\r\n" + login + "STAT\r\n"),
              HasSubstr("+OK 2 43"));
}

TEST(Pop3Engine, ThreeFailedLoginsEndTheSession) {
  const std::string wrong = "USER u\r\nPASS x\r\n";
  const std::string server = answer_before_login(wrong + wrong + wrong + login + "STAT\r\n");
  EXPECT_THAT(server, Not(HasSubstr("+OK 2")));
}

TEST(Pop3Engine, WithoutClearTextLoginsThereIsNoUser) {  // 23
  Pop3Engine::Options options;
  options.clear_text_login = false;
  EXPECT_THAT(answer_before_login("USER u\r\n", options), StartsWith("-ERR [SYS/PERM]"));
  EXPECT_THAT(answer_before_login("PASS p\r\n", options), StartsWith("-ERR [SYS/PERM]"));
  EXPECT_THAT(answer_before_login("CAPA\r\n", options), Not(HasSubstr("\r\nUSER\r\n")));
}

// A connection in the clear on which TLS can be begun; passwords must wait for it.
const EngineScript& with_stls() {
  static const EngineScript script = [] {
    Pop3Engine::Options options;
    options.clear_text_login = false;
    options.stls = true;
    return EngineScript(two_messages, options);
  }();
  return script;
}

TEST(Pop3Engine, StlsBeginsTlsAndCapaIsComputedAnew) {  // 29, 30, 32
  const std::string server =
      with_stls().run({"CAPA\r\n", "STLS\r\n", "CAPA\r\n" + login + "STAT\r\n"}).server;
  const std::size_t at = server.find("<TLS>");
  ASSERT_NE(at, std::string::npos);
  const std::string clear = server.substr(0, at);
  const std::string secret = server.substr(at);
  EXPECT_THAT(clear, HasSubstr("\r\nSTLS\r\n"));
  EXPECT_THAT(clear, Not(HasSubstr("\r\nUSER\r\n")));
  EXPECT_THAT(clear, EndsWith("\r\n.\r\n+OK begin TLS now\r\n"));
  EXPECT_THAT(secret, StartsWith("<TLS>+OK capabilities"));
  EXPECT_THAT(secret, HasSubstr("\r\nUSER\r\n"));
  EXPECT_THAT(secret, Not(HasSubstr("\r\nSTLS\r\n")));
  EXPECT_THAT(secret, HasSubstr("\r\n+OK 2 43\r\n"));
}

TEST(Pop3Engine, PlaintextBehindStlsEndsTheSession) {  // 32, 100
  const std::vector<std::string> behind = {"x", "\n", "USER u\r\n", "CAPA\r\nQUIT\r\n",
                                           std::string(4000, '\n')};
  for (const std::string& injected : behind) {
    const auto outcome = with_stls().run({"STLS\r\n" + injected, "CAPA\r\n"});
    EXPECT_EQ(outcome.server, greeting + "-ERR commands behind STLS must wait until TLS is on\r\n");
    EXPECT_TRUE(outcome.closed);
  }
}

TEST(Pop3Engine, WhatWasSaidBeforeTlsIsForgotten) {  // 33
  Pop3Engine::Options options;
  options.stls = true;
  const auto outcome =
      EngineScript(two_messages, options).run({"USER u\r\nSTLS\r\n", "PASS p\r\n"});
  EXPECT_THAT(outcome.server, EndsWith("<TLS>-ERR USER first\r\n"));
}

TEST(Pop3Engine, StlsIsRefusedTwiceAndAfterLoginAndWhereThereIsNoTls) {  // 34
  EXPECT_THAT(with_stls().run({"STLS\r\n", "STLS\r\n"}).server,
              EndsWith("<TLS>-ERR TLS is on already\r\n"));
  EXPECT_THAT(with_stls().run({"STLS\r\n", login + "STLS\r\n"}).server,
              EndsWith("-ERR not now\r\n"));
  EXPECT_THAT(answer_before_login("STLS\r\n"), StartsWith("-ERR"));
  Pop3Engine::Options under_tls;
  under_tls.tls = true;
  under_tls.stls = true;
  EXPECT_THAT(answer_before_login("STLS\r\n", under_tls), StartsWith("-ERR"));
  EXPECT_THAT(answer_before_login("CAPA\r\n", under_tls), Not(HasSubstr("STLS")));
}

TEST(Pop3Engine, AFailedHandshakeEndsTheSession) {  // 36
  for (const auto& outcome : with_stls().fail_each_step({"STLS\r\n", "CAPA\r\n"})) {
    EXPECT_TRUE(outcome.closed);
    if (outcome.server.find("<TLS>") == std::string::npos) {
      EXPECT_THAT(outcome.server, Not(HasSubstr("capabilities")));
    }
  }
}

TEST(Pop3Engine, StatesAreKeptApart) {  // 25, 26, 27
  for (const std::string command :
       {"STAT", "LIST", "UIDL", "RETR 1", "TOP 1 0", "DELE 1", "NOOP", "RSET", "LAST"}) {
    EXPECT_THAT(answer_before_login(command + "\r\n"), StartsWith("-ERR")) << command;
  }
  for (const std::string command : {"USER u", "PASS p", "AUTH", "APOP u x", "STLS"}) {
    EXPECT_THAT(answer(command + "\r\n"), StartsWith("-ERR")) << command;
  }
  const auto outcome = EngineScript(two_messages).run({"QUIT\r\n"});
  EXPECT_EQ(outcome.server, greeting + "+OK bye\r\n");
  EXPECT_FALSE(outcome.committed_at_all);
}

TEST(Pop3Engine, CapaListsWhatWorksInBothStates) {  // 28, 29
  const std::string before = answer_before_login("CAPA\r\n");
  EXPECT_EQ(before,
            "+OK capabilities "
            "follow\r\nTOP\r\nUSER\r\nSASL PLAIN "
            "LOGIN\r\nUIDL\r\nUTF8 USER\r\nLANG\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n"
            "EXPIRE NEVER\r\nIMPLEMENTATION Postern\r\n.\r\n");
  EXPECT_EQ(answer("CAPA\r\n"), before);
}

TEST(Pop3Engine, CapaSaysTheLoginDelayWhereThereIsOne) {  // 22
  Pop3Engine::Options options;
  options.login_delay = 90;
  EXPECT_THAT(answer_before_login("CAPA\r\n", options), HasSubstr("\r\nLOGIN-DELAY 90\r\n"));
  EXPECT_THAT(answer_before_login("CAPA\r\n"), Not(HasSubstr("LOGIN-DELAY")));
}

TEST(Pop3Engine, StatListUidlLeaveDeletedMessagesOut) {  // 57-60, 62
  EXPECT_EQ(answer("STAT\r\n"), "+OK 2 43\r\n");
  EXPECT_EQ(answer("LIST\r\n"), "+OK 2 messages (43 octets)\r\n1 26\r\n2 17\r\n.\r\n");
  EXPECT_EQ(answer("UIDL\r\n"), "+OK 2 messages (43 octets)\r\n1 uid1\r\n2 uid2\r\n.\r\n");
  EXPECT_EQ(answer("LIST 2\r\nUIDL 1\r\n"), "+OK 2 17\r\n+OK 1 uid1\r\n");
  EXPECT_THAT(answer("DELE 1\r\nSTAT\r\nLIST\r\nUIDL\r\nLIST 1\r\nUIDL 1\r\n"),
              HasSubstr("+OK 1 17\r\n+OK 1 messages (17 octets)\r\n2 17\r\n.\r\n"
                        "+OK 1 messages (17 octets)\r\n2 uid2\r\n.\r\n-ERR"));
  EXPECT_EQ(answer("LIST\r\n", {}), "+OK 0 messages (0 octets)\r\n.\r\n");
}

TEST(Pop3Engine, FiftyThousandMessagesAreListedInBoundedPieces) {  // 70
  std::vector<Entry> entries(50'000, Entry{std::string(70, 'u'), 1234});
  Pop3Engine engine({});
  engine.next();
  engine.on_sent();
  engine.on_input(login + "UIDL\r\n");
  std::size_t lines = 0;
  while (true) {
    const auto action = engine.next();
    if (std::holds_alternative<Pop3Engine::Read>(action)) break;
    if (std::holds_alternative<Pop3Engine::Login>(action)) {
      engine.on_login(std::span<const Entry>(entries));
      continue;
    }
    const std::string_view bytes = std::get<Pop3Engine::Send>(action).bytes;
    EXPECT_LE(bytes.size(), 66'000u);
    lines += static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    engine.on_sent();
  }
  EXPECT_EQ(lines, 50'000u + 4u);
}

TEST(Pop3Engine, RetrSendsTheMessageStuffed) {  // 72, 73, 58
  EXPECT_EQ(answer("RETR 1\r\nSTAT\r\n"),
            "+OK 26 octets\r\nSubject: a\r\n\r\n..dot\r\nbody\r\n.\r\n+OK 2 43\r\n");
}

TEST(Pop3Engine, TopSendsHeaderAndLines) {  // 79
  EXPECT_EQ(answer("TOP 1 0\r\n"), "+OK top of message follows\r\nSubject: a\r\n\r\n.\r\n");
  EXPECT_EQ(answer("TOP 1  1\r\n"),
            "+OK top of message follows\r\nSubject: a\r\n\r\n..dot\r\n.\r\n");
}

TEST(Pop3Engine, OddMessagesCanBeRetrieved) {  // 75, 76, 78
  const std::vector<std::string> odd{"", "A: b\n", "\r\n", std::string("\0\n", 2),
                                     std::string(200'000, 'x')};
  const std::string server = answer("RETR 1\r\nRETR 2\r\nRETR 3\r\nRETR 4\r\nRETR 5\r\n", odd);
  EXPECT_THAT(
      server,
      StartsWith("+OK 0 octets\r\n.\r\n+OK 6 octets\r\nA: b\r\n.\r\n+OK 2 octets\r\n\r\n.\r\n"));
  EXPECT_THAT(server, EndsWith(std::string(200'000, 'x') + "\r\n.\r\n"));
}

TEST(Pop3Engine, NulsAreMappedOnlyWhereThatIsWanted) {  // 75
  const std::vector<std::string> messages{std::string("A: b\0c\n\n\0\0.\n\n", 13)};
  Pop3Engine::Options options;
  const auto said = [&] {
    return EngineScript(messages, options).run({login + "RETR 1\r\n"}).server;
  };
  EXPECT_THAT(said(), EndsWith(std::string("octets\r\nA: b\0c\r\n\r\n\0\0.\r\n\r\n.\r\n", 28)));
  options.nul_replacement = '\x80';
  EXPECT_THAT(said(), EndsWith("+OK 17 octets\r\nA: b\x80"
                               "c\r\n\r\n\x80\x80.\r\n\r\n.\r\n"));
}

TEST(Pop3Engine, DeletedMessagesAreOutOfReachUntilRset) {  // 71, 81, 84, 86
  for (const std::string command : {"RETR 1", "TOP 1 0", "DELE 1", "LIST 1", "UIDL 1"}) {
    EXPECT_THAT(answer("DELE 1\r\n" + command + "\r\n"),
                HasSubstr("\r\n-ERR that message is deleted\r\n"));
  }
  EXPECT_THAT(answer("DELE 1\r\nDELE 2\r\nRSET\r\nSTAT\r\n"), EndsWith("+OK 2 43\r\n"));
}

TEST(Pop3Engine, QuitCommitsWhatIsDeletedThenAnswers) {  // 84, 89, 91
  const EngineScript script(two_messages);
  const auto outcome = script.run({login + "DELE 2\r\nQUIT\r\nSTAT\r\nDELE 1\r\n"});
  EXPECT_THAT(outcome.committed, ElementsAre(1));
  EXPECT_THAT(outcome.server, EndsWith("+OK bye, 1 messages deleted\r\n"));
  EXPECT_TRUE(script.run({login + "QUIT\r\n"}).committed_at_all);
  EXPECT_THAT(script.run({login + "DELE 1\r\nRSET\r\nQUIT\r\n"}).committed, IsEmpty());
}

TEST(Pop3Engine, FailedCommitIsSaid) {  // 89
  const EngineScript script(two_messages);
  const std::vector<std::string> dialogue{login, "DELE 1\r\n", "QUIT\r\n"};
  const auto outcome = script.run(dialogue, script.run(dialogue).steps - 2);
  EXPECT_TRUE(outcome.committed_at_all);
  EXPECT_THAT(outcome.server,
              EndsWith("-ERR [SYS/TEMP] some deleted messages could not be removed\r\n"));
}

TEST(Pop3Engine, QuitCountsEvenWhenTheClientIsGone) {  // 90, 101
  const EngineScript script(two_messages);
  const std::vector<std::string> dialogue{login, "DELE 1\r\nQUIT\r\n"};
  // The Send before Commit fails: the client closed without reading.
  const auto outcome = script.run(dialogue, script.run(dialogue).steps - 3);
  EXPECT_THAT(outcome.committed, ElementsAre(0));
}

TEST(Pop3Engine, AMessageThatDidNotArriveIsNotDeleted) {  // 15
  const std::vector<std::string> large{std::string(300'000, 'x')};
  Pop3Engine engine({});
  const std::vector<Entry> entries{{"uid", 300'002}};
  engine.next();
  engine.on_sent();
  engine.on_input(login + "RETR 1\r\nDELE 1\r\nQUIT\r\n");
  engine.next();
  engine.on_sent();
  engine.next();
  engine.on_login(std::span<const Entry>(entries));
  engine.next();
  engine.on_message(Octets{"", Blob::copy(large[0]), 0});
  ASSERT_TRUE(std::holds_alternative<Pop3Engine::Send>(engine.next()));
  engine.on_end();
  EXPECT_TRUE(std::holds_alternative<Pop3Engine::Close>(engine.next()));
}

// An engine that was asked to fetch by a client which pipelined deletion and QUIT behind RETR.
class UnreadableMessage : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_.next();
    engine_.on_sent();
    engine_.on_input(login + "RETR 1\r\nDELE 1\r\nQUIT\r\n");
    engine_.next();
    engine_.on_sent();
    ASSERT_TRUE(std::holds_alternative<Pop3Engine::Login>(engine_.next()));
    engine_.on_login(std::span<const Entry>(entries_));
    ASSERT_TRUE(std::holds_alternative<Pop3Engine::Fetch>(engine_.next()));
  }

  const std::vector<Entry> entries_{{"uid", 3}};
  Pop3Engine engine_{{}};
};

TEST_F(UnreadableMessage, IsNotDeletedWhenTheClientNeverReadsOfIt) {  // 15, 90
  engine_.on_message(Error(Errc::io, "disk"));
  ASSERT_TRUE(std::holds_alternative<Pop3Engine::Send>(engine_.next()));
  engine_.on_end();
  EXPECT_TRUE(std::holds_alternative<Pop3Engine::Close>(engine_.next()));
}

TEST_F(UnreadableMessage, IsNotDeletedWhenTheClientWentBefore) {  // 15, 90
  engine_.on_end();
  engine_.on_message(Error(Errc::io, "disk"));
  EXPECT_TRUE(std::holds_alternative<Pop3Engine::Close>(engine_.next()));
}

TEST_F(UnreadableMessage, IsDeletedByAClientThatReadOfIt) {  // 84
  engine_.on_message(Error(Errc::io, "disk"));
  ASSERT_TRUE(std::holds_alternative<Pop3Engine::Send>(engine_.next()));
  engine_.on_sent();
  EXPECT_TRUE(std::holds_alternative<Pop3Engine::Commit>(engine_.next()));
}

TEST(Pop3Engine, AMessageThatCannotBeReadFailsAlone) {
  const EngineScript script(two_messages);
  const auto outcome = script.run({login, "RETR 1\r\n", "STAT\r\n"}, 4);
  EXPECT_THAT(outcome.server,
              EndsWith("-ERR [SYS/TEMP] the message cannot be read now\r\n+OK 2 43\r\n"));
}

TEST(Pop3Engine, TimeoutEndsWithoutUpdate) {  // 94
  Pop3Engine engine({});
  engine.next();
  engine.on_sent();
  engine.on_timeout();
  EXPECT_TRUE(std::holds_alternative<Pop3Engine::Close>(engine.next()));
}

TEST(Pop3Engine, ALoginThatEndsAfterTheTimeoutOpensNothing) {  // 94
  const std::vector<Entry> entries{{"uid", 3}};
  Pop3Engine engine({});
  engine.next();
  engine.on_sent();
  engine.on_input(login);
  engine.next();
  engine.on_sent();
  ASSERT_TRUE(std::holds_alternative<Pop3Engine::Login>(engine.next()));
  engine.on_timeout();
  engine.on_login(std::span<const Entry>(entries));
  EXPECT_FALSE(engine.logged_in());
  EXPECT_TRUE(std::holds_alternative<Pop3Engine::Close>(engine.next()));
}

TEST(Pop3Engine, PipelinedRepliesLeaveTogether) {  // 99
  Pop3Engine engine({});
  engine.next();
  engine.on_sent();
  std::string noops;
  for (int i = 0; i < 100; ++i) noops += "CAPA\r\n";
  engine.on_input(noops);
  int sends = 0;
  while (std::holds_alternative<Pop3Engine::Send>(engine.next())) {
    ++sends;
    engine.on_sent();
  }
  EXPECT_LE(sends, 2);
}

}  // namespace
}  // namespace postern
