// Numbers in comments are those of the list of POP3 statements that the engines are held to.
#include "proto/pop3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pop3_client_script.h"

namespace postern {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Exchange = Pop3ClientScript::Exchange;
using Exchanges = std::vector<Exchange>;

const std::string first = "Subject: a\r\n\r\n.dot\r\nbody\r\n";
const std::string second = "Subject: b\r\n\r\nx\r\n";
const std::string first_on_the_wire = "Subject: a\r\n\r\n..dot\r\nbody\r\n.\r\n";

Pop3Client::Options options(Pop3Security security = Pop3Security::implicit_tls) {
  Pop3Client::Options made;
  made.host = "pop.example.org";
  made.port = "995";
  made.security = security;
  made.credentials.user = "ann";
  made.credentials.password = "secret";
  return made;
}

// Logged in by PASS, before the listing.
Exchanges greeted() {
  return {{"", "+OK ready\r\n"},
          {"CAPA\r\n", "-ERR what?\r\n"},
          {"USER ann\r\n", "+OK\r\n"},
          {"PASS secret\r\n", "+OK welcome\r\n"}};
}

// Two messages, listed.
Exchanges listed() {
  Exchanges exchanges = greeted();
  exchanges.push_back({"UIDL\r\n", "+OK\r\n1 uid-a\r\n2 uid-b\r\n.\r\n"});
  exchanges.push_back({"LIST\r\n", "+OK\r\n1 26\r\n2 17\r\n.\r\n"});
  return exchanges;
}

Exchanges operator+(Exchanges a, const Exchanges& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Exchange bye{"QUIT\r\n", "+OK bye\r\n"};

// A session that does everything, pipelined.
Pop3ClientScript whole_session() {
  return {options(),
          {{"", "+OK ready <1.2@x>\r\n"},
           {"CAPA\r\n", "+OK\r\nTOP\r\nUIDL\r\nSASL PLAIN\r\nPIPELINING\r\n.\r\n"},
           {"AUTH PLAIN AGFubgBzZWNyZXQ=\r\n", "+OK\r\n"},
           {"UIDL\r\n", "+OK\r\n1 uid-a\r\n2 uid-b\r\n.\r\n"},
           {"LIST\r\n", "+OK\r\n1 26\r\n2 17\r\n.\r\n"},
           {"RETR 1\r\n", "+OK 26 octets\r\n" + first_on_the_wire},
           {"TOP 2 0\r\n", "+OK\r\nSubject: b\r\n\r\n.\r\n"},
           {"DELE 1\r\n", "+OK\r\n"},
           {"NOOP\r\n", "+OK\r\n"},
           {"RETR 2\r\n", "-ERR [SYS/TEMP] later\r\n"},
           bye},
          [](Pop3Client& client) {
            client.retrieve(0);
            client.top(1, 0);
            client.remove(0);
            client.noop();
            client.retrieve(1);
            client.quit();
          }};
}

TEST(Pop3Client, DoesTheSameHoweverTheInputIsCut) {  // 8
  for (const auto& outcome : whole_session().split_everywhere()) {
    EXPECT_TRUE(outcome.finished);
    EXPECT_EQ(outcome.unexpected, "");
    EXPECT_EQ(outcome.method, "PLAIN");
    ASSERT_EQ(outcome.entries.size(), 2u);
    EXPECT_EQ(outcome.entries[1].uid, "uid-b");
    EXPECT_EQ(outcome.entries[1].size, 17u);
    EXPECT_EQ(outcome.messages.at(0), first);
    EXPECT_EQ(outcome.messages.at(1), "Subject: b\r\n\r\n");
    EXPECT_THAT(outcome.answers, ElementsAre("retrieve 0 ok", "top 1 ok", "remove 0 ok",
                                             "noop 0 ok", "retrieve 1 failed"));
  }
}

TEST(Pop3Client, EveryStepThatFailsEndsTheSessionAndGivesNoHalfMessage) {  // 110
  for (const auto& outcome : whole_session().fail_each_step()) {
    EXPECT_FALSE(outcome.finished);
    EXPECT_TRUE(!outcome.failure || outcome.failure->kind() == Errc::unavailable);
    const auto message = outcome.messages.find(0);
    EXPECT_TRUE(message == outcome.messages.end() || message->second == first);
  }
}

TEST(Pop3Client, PipelinesOnlyWhereTheServerSaysItCan) {  // 102
  const auto sends_of = [](const std::string& capabilities) {
    const auto outcome =
        Pop3ClientScript(options(),
                         {{"", "+OK\r\n"},
                          {"CAPA\r\n", "+OK\r\n" + capabilities + ".\r\n"},
                          {"USER ann\r\n", "+OK\r\n"},
                          {"PASS secret\r\n", "+OK\r\n"},
                          {capabilities.empty() ? "UIDL\r\n" : "UIDL\r\nLIST\r\n", "+OK\r\n.\r\n"}})
            .run();
    EXPECT_EQ(outcome.unexpected, capabilities.empty() ? "LIST\r\n" : "");
    return outcome.sent;
  };
  EXPECT_THAT(sends_of("PIPELINING\r\n"), HasSubstr("UIDL\r\nLIST\r\n"));
  EXPECT_THAT(sends_of("pipelining\r\n"), HasSubstr("UIDL\r\nLIST\r\n"));  // 107
  sends_of("");
}

TEST(Pop3Client, BeginsTlsByStlsAndForgetsWhatWasSaidBefore) {  // 33, 40
  const auto outcome =
      Pop3ClientScript(options(Pop3Security::stls), {{"", "+OK <1.2@x>\r\n"},
                                                     {"STLS\r\n", "+OK begin\r\n"},
                                                     {"CAPA\r\n", "+OK\r\nSASL APOP\r\n.\r\n"},
                                                     {"USER ann\r\n", "-ERR unknown command\r\n"}})
          .run();
  EXPECT_TRUE(outcome.tls);
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind(), Errc::authentication);
  EXPECT_THAT(outcome.sent, Not(HasSubstr("APOP")));
}

TEST(Pop3Client, NeverGoesOnInTheClearWhereTlsIsWanted) {  // 36
  const auto refused =
      Pop3ClientScript(options(Pop3Security::stls), {{"", "+OK\r\n"}, {"STLS\r\n", "-ERR no\r\n"}})
          .run();
  EXPECT_EQ(refused.failure->kind(), Errc::configuration);
  EXPECT_EQ(refused.sent, "STLS\r\n");
  const auto injected = Pop3ClientScript(options(Pop3Security::stls),
                                         {{"", "+OK\r\n"}, {"STLS\r\n", "+OK\r\n+OK\r\n"}})
                            .run();
  EXPECT_EQ(injected.failure->kind(), Errc::bad_data);
  EXPECT_FALSE(injected.tls);
}

TEST(Pop3Client, KeepsThePasswordToItselfWithoutTls) {  // 23
  const Exchanges exchanges{{"", "+OK\r\n"},
                            {"CAPA\r\n", "+OK\r\nUSER\r\nSASL PLAIN LOGIN XOAUTH2\r\n.\r\n"}};
  const auto outcome = Pop3ClientScript(options(Pop3Security::clear), exchanges).run();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->kind(), Errc::configuration);
  EXPECT_EQ(outcome.sent, "CAPA\r\n");
}

TEST(Pop3Client, LogsInByApop) {
  // RFC 1939 section 7 has this example.
  Pop3Client::Options tanstaaf = options(Pop3Security::clear);
  tanstaaf.credentials.user = "mrose";
  tanstaaf.credentials.password = "tanstaaf";
  const auto outcome =
      Pop3ClientScript(tanstaaf,
                       {{"", "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"},
                        {"CAPA\r\n", "-ERR\r\n"},
                        {"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n", "+OK\r\n"},
                        {"UIDL\r\n", "+OK\r\n.\r\n"},
                        {"LIST\r\n", "+OK\r\n.\r\n"},
                        bye})
          .run();
  EXPECT_TRUE(outcome.finished);
  EXPECT_EQ(outcome.unexpected, "");
}

TEST(Pop3Client, NoApopForAChallengeThatIsNoMessageId) {  // CVE-2007-1558
  for (const std::string stamp : {"<a@b@c>", "<nobody>", "<a b@c>", "<a@b\x80>", "a@b"}) {
    const auto outcome = Pop3ClientScript(options(Pop3Security::clear),
                                          {{"", "+OK " + stamp + "\r\n"}, {"CAPA\r\n", "-ERR\r\n"}})
                             .run();
    EXPECT_EQ(outcome.sent, "CAPA\r\n") << stamp;
  }
}

TEST(Pop3Client, LogsInByEachMechanismOfPasswords) {
  struct Case {
    std::string name;
    Exchanges exchanges;
  };
  const std::vector<Case> cases{
      {"PLAIN", {{"AUTH PLAIN AGFubgBzZWNyZXQ=\r\n", "+OK\r\n"}}},
      {"LOGIN",
       {{"AUTH LOGIN\r\n", "+ VXNlcm5hbWU6\r\n"},
        {"YW5u\r\n", "+ UGFzc3dvcmQ6\r\n"},
        {"c2VjcmV0\r\n", "+OK\r\n"}}},
      // 107: "+OK" where "+" was meant
      {"LOGIN",
       {{"AUTH LOGIN\r\n", "+OK Username:\r\n"},
        {"YW5u\r\n", "+OK Password:\r\n"},
        {"c2VjcmV0\r\n", "+OK\r\n"}}},
  };
  for (const Case& one : cases) {
    Pop3Client::Options wanted = options();
    wanted.methods = {one.name};
    const Exchanges all =
        Exchanges{{"", "+OK\r\n"}, {"CAPA\r\n", "+OK\r\nSASL " + one.name + "\r\n.\r\n"}} +
        one.exchanges + Exchanges{{"UIDL\r\n", "+OK\r\n.\r\n"}, {"LIST\r\n", "+OK\r\n.\r\n"}, bye};
    const auto outcome = Pop3ClientScript(wanted, all).run();
    EXPECT_TRUE(outcome.finished) << one.name << ": " << outcome.sent;
    EXPECT_EQ(outcome.method, one.name);
  }
}

TEST(Pop3Client, LogsInByCramMd5) {
  // RFC 2195 section 2 has this example.
  Pop3Client::Options tim = options(Pop3Security::clear);
  tim.credentials.user = "tim";
  tim.credentials.password = "tanstaaftanstaaf";
  const auto outcome =
      Pop3ClientScript(tim, {{"", "+OK\r\n"},
                             {"CAPA\r\n", "+OK\r\nSASL CRAM-MD5\r\n.\r\n"},
                             {"AUTH CRAM-MD5\r\n",
                              "+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\r\n"},
                             {"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\r\n", "+OK\r\n"}})
          .run();
  EXPECT_EQ(outcome.unexpected, "UIDL\r\n");
}

TEST(Pop3Client, LongOrTwoStepResponsesWaitToBeAsked) {  // 43, 44, 52
  Pop3Client::Options long_token = options();
  long_token.credentials.password.clear();
  long_token.credentials.token = std::string(9000, 't');
  const Exchanges exchanges{{"", "+OK\r\n"},
                            {"CAPA\r\n", "+OK\r\nSASL OAUTHBEARER XOAUTH2\r\n.\r\n"},
                            {"AUTH OAUTHBEARER\r\n", "+ \r\n"}};
  const auto by_length = Pop3ClientScript(long_token, exchanges).run();
  EXPECT_GT(by_length.sent.size(), 12'000u);
  Pop3Client::Options two_step = options();
  two_step.two_step = true;
  const auto by_choice = Pop3ClientScript(two_step, {{"", "+OK\r\n"},
                                                     {"CAPA\r\n", "+OK\r\nSASL PLAIN\r\n.\r\n"},
                                                     {"AUTH PLAIN\r\n", "+\r\n"}})
                             .run();
  EXPECT_THAT(by_choice.sent, HasSubstr("AUTH PLAIN\r\nAGFubgBzZWNyZXQ=\r\n"));
}

TEST(Pop3Client, TellsOfRefusedTokens) {  // 55, 56
  Pop3Client::Options bearer = options();
  bearer.credentials.password.clear();
  bearer.credentials.token = "ya29.token";
  for (const std::string listed_as : {"SASL XOAUTH2\r\n", "SASL PLAIN\r\n", ""}) {
    const auto outcome =
        Pop3ClientScript(bearer, {{"", "+OK\r\n"},
                                  {"CAPA\r\n", "+OK\r\n" + listed_as + ".\r\n"},
                                  {"AUTH XOAUTH2 dXNlcj1hbm4BYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB\r\n",
                                   "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"},
                                  {"\r\n", "-ERR [AUTH] invalid credentials\r\n"}})
            .run();
    ASSERT_TRUE(outcome.failure) << outcome.sent;
    EXPECT_EQ(outcome.failure->kind(), Errc::authentication);
    EXPECT_EQ(outcome.unexpected, "");
  }
}

TEST(Pop3Client, GoesOnToTheNextMechanismOnlyWhereTheMechanismIsAtFault) {
  const Exchanges begin{{"", "+OK\r\n"}, {"CAPA\r\n", "+OK\r\nSASL PLAIN LOGIN\r\n.\r\n"}};
  const auto unknown =
      Pop3ClientScript(options(),
                       begin + Exchanges{{"AUTH PLAIN AGFubgBzZWNyZXQ=\r\n",
                                          "-ERR unsupported authentication mechanism\r\n"},
                                         {"USER ann\r\n", "+OK\r\n"}})
          .run();
  EXPECT_THAT(unknown.sent, HasSubstr("PASS secret\r\n"));
  const auto wrong =
      Pop3ClientScript(options(), begin + Exchanges{{"AUTH PLAIN AGFubgBzZWNyZXQ=\r\n",
                                                     "-ERR [AUTH] wrong\r\n"}})
          .run();
  EXPECT_THAT(wrong.sent, Not(HasSubstr("USER")));
  EXPECT_EQ(wrong.failure->kind(), Errc::authentication);
}

TEST(Pop3Client, KnowsWhyALoginIsRefused) {  // 19, 108, 111
  struct Case {
    std::string reply;
    Errc kind;
  };
  const std::vector<Case> cases{
      {"-ERR [AUTH] no", Errc::authentication},
      {"-ERR", Errc::authentication},
      {"-ERR invalid user name or password", Errc::authentication},
      {"-ERR account is locked", Errc::authentication},
      {"-ERR [IN-USE] no", Errc::busy},
      {"-ERR maildrop already locked", Errc::busy},
      {"-ERR Unable to lock maildrop: mailbox is in use", Errc::busy},
      {"-ERR [LOGIN-DELAY] wait", Errc::too_soon},
      {"-ERR Too many connections", Errc::too_soon},
      {"-ERR Server Unavailable. 21", Errc::too_soon},
      {"-ERR [SYS/TEMP] too many logins", Errc::too_soon},
      {"-ERR [SYS/TEMP] no", Errc::unavailable},
      {"-ERR Temporary authentication failure", Errc::unavailable},
      {"-ERR internal server error", Errc::unavailable},
      {"-ERR [SYS/PERM] disabled", Errc::configuration},
      {"-ERR Plaintext authentication disallowed on non-secure (SSL/TLS) connections.",
       Errc::configuration},
      {"-ERR [X-FUTURE/CODE] hm", Errc::authentication},
  };
  for (const Case& one : cases) {
    Exchanges exchanges = greeted();
    exchanges.back().server = one.reply + "\r\n";
    const auto outcome = Pop3ClientScript(options(), exchanges).run();
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(outcome.failure->kind(), one.kind) << one.reply << outcome.failure->detail;
  }
}

TEST(Pop3Client, AServerThatMarksWrongLoginsMeansSomethingElseWithoutTheMark) {  // RFC 3206 6
  const auto outcome = Pop3ClientScript(options(), {{"", "+OK\r\n"},
                                                    {"CAPA\r\n", "+OK\r\nAUTH-RESP-CODE\r\n.\r\n"},
                                                    {"USER ann\r\n", "+OK\r\n"},
                                                    {"PASS secret\r\n", "-ERR no\r\n"}})
                           .run();
  EXPECT_EQ(outcome.failure->kind(), Errc::unavailable);
}

TEST(Pop3Client, ShowsNoSecretThatTheServerRepeats) {
  Exchanges exchanges = greeted();
  exchanges.back().server = "-ERR unknown command: PASS secret\r\n";
  const auto outcome = Pop3ClientScript(options(), exchanges).run();
  EXPECT_THAT(outcome.failure->detail, Not(HasSubstr("secret")));
}

TEST(Pop3Client, RefusesNamesAndPasswordsThatWouldBeCommands) {
  const std::vector<std::string> texts{"a\r\nDELE 1", "a\nb", std::string("a\0b", 3)};
  for (const std::string& text : texts) {
    Pop3Client::Options user = options();
    user.credentials.user = text;
    Pop3Client::Options password = options();
    password.credentials.password = text;
    for (const auto& bad : {user, password}) {
      const auto outcome = Pop3ClientScript(bad, listed()).run();
      EXPECT_EQ(outcome.failure->kind(), Errc::authentication);
      EXPECT_EQ(outcome.sent, "");
    }
  }
}

TEST(Pop3Client, NamesWhatAnswersInPlaceOfPop3) {  // 107
  for (const std::string greeting : {"220 mail.example.org ESMTP\r\n", "* OK IMAP4rev1\r\n",
                                     "HTTP/1.1 400 Bad Request\r\n", "\x15\x03\x01\x02\x02P"}) {
    const auto outcome = Pop3ClientScript(options(), {{"", greeting}}).run();
    EXPECT_EQ(outcome.failure->kind(), Errc::configuration) << greeting;
    EXPECT_THAT(outcome.failure->detail, HasSubstr("check the port"));
  }
  const auto garbage = Pop3ClientScript(options(), {{"", "hello\r\n"}}).run();
  EXPECT_EQ(garbage.failure->kind(), Errc::bad_data);
}

TEST(Pop3Client, AGreetingThatRefusesSaysNothingOfThePassword) {
  const auto busy = Pop3ClientScript(options(), {{"", "-ERR too many connections\r\n"}}).run();
  EXPECT_EQ(busy.failure->kind(), Errc::too_soon);
  const auto other = Pop3ClientScript(options(), {{"", "-ERR go away\r\n"}}).run();
  EXPECT_EQ(other.failure->kind(), Errc::unavailable);
}

TEST(Pop3Client, BearsWithOddStatusLinesAndListings) {  // 107
  const auto outcome =
      Pop3ClientScript(options(), {{"", "+OK\r\n"},
                                   {"CAPA\r\n", "+OKcapabilities\r\nuidl\r\n\r\n.\r\n"},
                                   {"USER ann\r\n", "+ok\n"},
                                   {"PASS secret\r\n", "+OK\n\r\n"},
                                   {"UIDL\r\n", "+OK\r\n 1   uid-a \r\n\r\n2\tuid-b\n.\n"},
                                   {"LIST\r\n", "+OK\r\n2  17 octets\r\n1 26\r\n.\r\n"},
                                   bye})
          .run();
  EXPECT_TRUE(outcome.finished) << outcome.failure->detail;
  ASSERT_EQ(outcome.entries.size(), 2u);
  EXPECT_EQ(outcome.entries[0].uid, "uid-a");
  EXPECT_EQ(outcome.entries[0].size, 26u);
  EXPECT_EQ(outcome.entries[1].uid, "uid-b");
}

TEST(Pop3Client, LeavesMessagesAloneThatAreNotInBothLists) {  // 107
  const auto outcome =
      Pop3ClientScript(options(),
                       greeted() + Exchanges{{"UIDL\r\n", "+OK\r\n1 a\r\n3 c\r\n.\r\n"},
                                             {"LIST\r\n", "+OK\r\n2 5\r\n3 7\r\n.\r\n"},
                                             {"RETR 3\r\n", "+OK\r\nSubject\r\n.\r\n"},
                                             bye},
                       [](Pop3Client& client) { client.retrieve(0); })
          .run();
  ASSERT_EQ(outcome.entries.size(), 1u);
  EXPECT_EQ(outcome.entries[0].uid, "c");
  EXPECT_EQ(outcome.unmatched, 2u);
  EXPECT_THAT(outcome.answers, ElementsAre("retrieve 0 ok"));
}

TEST(Pop3Client, UidsThatCannotBeUsedAreLeftEmpty) {  // 66, 107
  const std::string too_long(300, 'x');
  const auto outcome =
      Pop3ClientScript(
          options(), greeted() + Exchanges{{"UIDL\r\n", "+OK\r\n1\r\n2 " + too_long +
                                                            "\r\n3 a b\r\n4 ok\r\n.\r\n"},
                                           {"LIST\r\n", "+OK\r\n1 1\r\n2 1\r\n3 1\r\n4 1\r\n.\r\n"},
                                           bye})
          .run();
  ASSERT_EQ(outcome.entries.size(), 4u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(outcome.entries[static_cast<std::size_t>(i)].uid, "");
  EXPECT_EQ(outcome.entries[3].uid, "ok");
}

TEST(Pop3Client, WithoutUidlThereAreNoUids) {  // 66
  const Exchange sizes{"LIST\r\n", "+OK\r\n1 26\r\n.\r\n"};
  const auto never =
      Pop3ClientScript(options(),
                       greeted() + Exchanges{{"UIDL\r\n", "-ERR unknown command\r\n"}, sizes, bye})
          .run();
  ASSERT_EQ(never.entries.size(), 1u);
  EXPECT_EQ(never.entries[0].uid, "");
  const auto not_now =
      Pop3ClientScript(
          options(), greeted() + Exchanges{{"UIDL\r\n", "-ERR [SYS/TEMP] index locked\r\n"}, sizes})
          .run();
  EXPECT_EQ(not_now.failure->kind(), Errc::unavailable);
}

TEST(Pop3Client, AnEmptyMaildropMustBeSaidToBeEmpty) {  // 68, 107
  const auto with_stat = [](const std::string& stat) {
    return Pop3ClientScript(options(), greeted() + Exchanges{{"UIDL\r\n", "-ERR no messages\r\n"},
                                                             {"LIST\r\n", "-ERR no messages\r\n"},
                                                             {"STAT\r\n", stat + "\r\n"},
                                                             bye})
        .run();
  };
  EXPECT_TRUE(with_stat("+OK 0 0").finished);
  for (const std::string stat : {"-ERR", "+OK 2 43", "+OK", "+OK none"}) {
    const auto outcome = with_stat(stat);
    ASSERT_TRUE(outcome.failure) << stat;
    EXPECT_EQ(outcome.failure->kind(), Errc::unavailable);
  }
}

TEST(Pop3Client, RefusesListingsThatCannotBe) {
  for (const std::string lines :
       {"x 1", "0 5", "1 5\r\n1 6", "1", "1 x", "99999999999999999999 1"}) {
    const auto outcome =
        Pop3ClientScript(options(),
                         greeted() + Exchanges{{"UIDL\r\n", "+OK\r\n1 a\r\n.\r\n"},
                                               {"LIST\r\n", "+OK\r\n" + lines + "\r\n.\r\n"}})
            .run();
    ASSERT_TRUE(outcome.failure) << lines;
    EXPECT_EQ(outcome.failure->kind(), Errc::bad_data) << lines;
  }
}

TEST(Pop3Client, EverythingHasABound) {
  Pop3Client::Options small = options();
  small.line_limit = 100;
  small.entries_limit = 1;
  small.message_limit = 50;
  const auto line = Pop3ClientScript(small, {{"", "+OK " + std::string(200, 'x')}}).run();
  EXPECT_EQ(line.failure->kind(), Errc::bad_data);
  const auto list = Pop3ClientScript(small, listed()).run();
  EXPECT_EQ(list.failure->kind(), Errc::bad_data);
  const auto message =
      Pop3ClientScript(small,
                       greeted() + Exchanges{{"UIDL\r\n", "+OK\r\n1 a\r\n.\r\n"},
                                             {"LIST\r\n", "+OK\r\n1 26\r\n.\r\n"},
                                             {"RETR 1\r\n", "+OK\r\n" + std::string(200, 'x')}},
                       [](Pop3Client& client) { client.retrieve(0); })
          .run();
  EXPECT_EQ(message.failure->kind(), Errc::bad_data);
  EXPECT_THAT(message.messages, IsEmpty());
}

// What comes of retrieving the first of two messages, when RETR is answered like that.
Pop3ClientScript::Outcome retrieve_first(const std::string& reply, const Exchanges& then = {bye}) {
  return Pop3ClientScript(options(), listed() + Exchanges{{"RETR 1\r\n", reply}} + then,
                          [](Pop3Client& client) { client.retrieve(0); })
      .run();
}

TEST(Pop3Client, AMessageCutOffIsNoMessage) {  // 110
  const std::string whole = "+OK\r\n" + first_on_the_wire;
  for (std::size_t octets = 5; octets < whole.size(); ++octets) {
    const auto outcome = retrieve_first(whole.substr(0, octets), {});
    EXPECT_THAT(outcome.messages, IsEmpty()) << octets;
    EXPECT_EQ(outcome.failure->kind(), Errc::unavailable);
  }
}

TEST(Pop3Client, AShortMessageMustBeFollowedByAReply) {  // 109
  // The dot of the first line of text was not stuffed, so what follows is not part of it.
  const auto cut =
      retrieve_first("+OK\r\nSubject: a\r\n\r\n.\r\nbody\r\n.\r\n", {{"NOOP\r\n", "+OK\r\n"}});
  EXPECT_THAT(cut.messages, IsEmpty());
  EXPECT_EQ(cut.failure->kind(), Errc::bad_data);
  // The size was wrong, and that is all.
  const auto wrong_size =
      retrieve_first("+OK\r\nSubject: a\r\n\r\n.\r\n", {{"NOOP\r\n", "+OK\r\n"}, bye});
  EXPECT_TRUE(wrong_size.finished);
  EXPECT_EQ(wrong_size.messages.at(0), "Subject: a\r\n\r\n");
}

TEST(Pop3Client, ALongerMessageThanAnnouncedIsTaken) {  // 107
  const auto outcome = retrieve_first("+OK\r\n" + std::string(100, 'x') + "\r\n.\r\n");
  EXPECT_EQ(outcome.messages.at(0).size(), 102u);
}

TEST(Pop3Client, ATerminatorBehindTextIsFoundBySizeAndSilence) {  // 107
  const std::string text = "Subject: a\r\n\r\nabcdefghijkl";      // 26 octets, as listed
  ASSERT_EQ(text.size(), 26u);
  EXPECT_EQ(retrieve_first("+OK\r\n" + text + ".\r\n").messages.at(0), text);
  const auto other_size = retrieve_first("+OK\r\n" + text + "m.\r\n", {});
  EXPECT_EQ(other_size.failure->kind(), Errc::unavailable);
  // Such a line is no end where more follows.
  const auto goes_on = retrieve_first("+OK\r\n" + text + ".\r\nmore\r\n.\r\n");
  EXPECT_EQ(goes_on.messages.at(0), text + ".\r\nmore\r\n");
}

TEST(Pop3Client, TopMayBeAnsweredTwice) {  // 107
  const auto top_first = [](const std::string& reply) {
    return Pop3ClientScript(options(), listed() + Exchanges{{"TOP 1 0\r\n", reply}, bye},
                            [](Pop3Client& client) { client.top(0, 0); });
  };
  for (const auto& outcome :
       top_first("+OK\r\n+OK 12 octets\r\na: b\r\n\r\n.\r\n").split_everywhere()) {
    EXPECT_EQ(outcome.messages.at(0), "a: b\r\n\r\n");
  }
  EXPECT_EQ(top_first("+OK\r\n+OK: b\r\n.\r\n").run().messages.at(0), "+OK: b\r\n");
  EXPECT_EQ(top_first("+OK\r\n.\r\n").run().messages.at(0), "");
}

TEST(Pop3Client, GoesOnWhenAMessageIsRefused) {
  EXPECT_THAT(retrieve_first("-ERR no such message\r\n").answers, ElementsAre("retrieve 0 failed"));
  EXPECT_TRUE(retrieve_first("-ERR no such message\r\n").finished);
}

TEST(Pop3Client, QuitIsDoneOnlyWhenTheServerSaysSo) {
  const auto quit = [](const std::string& reply) {
    return Pop3ClientScript(options(),
                            listed() + Exchanges{{"DELE 2\r\n", "+OK\r\n"}, {"QUIT\r\n", reply}},
                            [](Pop3Client& client) {
                              client.remove(1);
                              client.quit();
                            })
        .run();
  };
  EXPECT_TRUE(quit("+OK\r\n").finished);
  EXPECT_EQ(quit("-ERR some messages not deleted\r\n").failure->kind(), Errc::unavailable);
  EXPECT_EQ(quit("").failure->kind(), Errc::unavailable);
}

TEST(Pop3Client, AServerThatEndsTheSessionByItselfIsUnderstood) {
  const auto outcome =
      retrieve_first("+OK\r\n" + first_on_the_wire + "-ERR idle for too long\r\n", {});
  EXPECT_EQ(outcome.failure->kind(), Errc::unavailable);
  EXPECT_THAT(outcome.failure->detail, HasSubstr("idle for too long"));
  EXPECT_EQ(outcome.messages.at(0), first);
}

}  // namespace
}  // namespace postern
