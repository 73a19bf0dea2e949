// UTF8 and LANG (RFC 6856). Numbers in comments are those of the list of POP3 statements that the
// engine is held to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/pop3_language.h"
#include "support/engine_script.h"

namespace postern {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string greeting = "+OK Postern ready\r\n";
const std::string login = "USER u\r\nPASS p\r\n";

std::string answer(const std::string& client, Pop3Engine::Options options = {},
                   const std::vector<std::string>& messages = {"Subject: a\n\nx\n"}) {
  return EngineScript(messages, std::move(options)).run({client}).server.substr(greeting.size());
}

TEST(Pop3Utf8, IsSaidBeforeTheLoginAndNeverAfter) {  // 103
  EXPECT_EQ(answer("UTF8\r\n"), "+OK UTF-8 it is\r\n");
  EXPECT_EQ(answer("utf8\r\nUTF8\r\n"), "+OK UTF-8 it is\r\n+OK UTF-8 it is\r\n");
  EXPECT_THAT(answer("UTF8 x\r\n"), StartsWith("-ERR"));
  EXPECT_THAT(answer(login + "UTF8\r\n"), EndsWith("-ERR not now\r\n"));
}

TEST(Pop3Utf8, ComesAfterStls) {  // 35
  Pop3Engine::Options options;
  options.stls = true;
  EXPECT_THAT(answer("UTF8\r\nSTLS\r\n", options), EndsWith("-ERR STLS must come before UTF8\r\n"));
  const auto outcome = EngineScript({}, options).run({"STLS\r\n", "UTF8\r\n"});
  EXPECT_THAT(outcome.server, EndsWith("<TLS>+OK UTF-8 it is\r\n"));
}

TEST(Pop3Utf8, NamesMayBeInUtf8) {  // 9, 105
  EXPECT_EQ(answer("USER gr\xc3\xbcn\r\n"), "+OK send PASS\r\n");
  for (const std::string bad :
       {"USER gr\xfcn", "USER gr\xc3", "USER a\tb", "RETR \xc3\xbc", "UTF8 \xc3\xbc"}) {
    EXPECT_THAT(answer(bad + "\r\n"), StartsWith("-ERR")) << bad;
  }
  Pop3Engine::Options options;
  options.clear_text_login = false;
  EXPECT_THAT(answer("CAPA\r\n"), HasSubstr("\r\nUTF8 USER\r\n"));
  EXPECT_THAT(answer("CAPA\r\n", options), HasSubstr("\r\nUTF8\r\n"));
}

TEST(Pop3Utf8, HeadersInUtf8AreSentAsTheyAreOrRefused) {  // 104
  const std::string utf8 = "Subject: gr\xc3\xbcn\n\nx\n";
  const std::vector<std::string> messages{utf8, "Subject: gr\xfcn\n\nx\n",
                                          "Subject: a\n\n\xc3\xbc\n", "Subject: gr\xc3\xbcn"};
  const std::string commands = "RETR 1\r\nTOP 1 0\r\nLIST 1\r\n";
  EXPECT_THAT(answer(login + commands, {}, messages), Not(HasSubstr("[UTF8]")));

  Pop3Engine::Options options;
  options.refuse_utf8_headers = true;
  const std::string refusal = "-ERR [UTF8] the header holds UTF-8, say UTF8 before you log in\r\n";
  EXPECT_THAT(answer(login + commands + "RETR 4\r\n", options, messages),
              EndsWith(refusal + refusal + refusal + refusal));
  EXPECT_THAT(answer(login + "LIST 2\r\nUIDL 1\r\nLIST 3\r\n", options, messages),
              EndsWith("+OK 2 20\r\n+OK 1 uid1\r\n+OK 3 18\r\n"));
  EXPECT_THAT(answer(login + "RETR 2\r\nRETR 3\r\n", options, messages), Not(HasSubstr("[UTF8]")));
  EXPECT_THAT(answer("UTF8\r\n" + login + commands, options, messages),
              EndsWith("Subject: gr\xc3\xbcn\r\n\r\n.\r\n+OK 1 21\r\n"));
}

TEST(Pop3Utf8, TheLabelsPieceIsLookedThroughLikeTheRest) {  // 104
  Pop3Engine::Options options;
  options.refuse_utf8_headers = true;
  struct Row {
    const char* head;
    const char* body;
    bool refused;
  };
  for (const Row& row :
       {Row{"X: y\r\n", "A: \xc3\xbc\n\nb\n", true}, Row{"X: y\r\nA: \xc3\xbc\r\n", "\nb\n", true},
        Row{"X: y\r\n", "\n\xc3\xbc\n", false}, Row{"X: y\r\n\r\n", "\xc3\xbc\n", false}}) {
    Pop3Engine engine(options);
    const std::vector<Entry> entries{{"uid", 3}};
    engine.next();
    engine.on_sent();
    engine.on_input(login + "RETR 1\r\n");
    engine.next();
    engine.on_sent();
    engine.next();
    engine.on_login(std::span<const Entry>(entries));
    ASSERT_TRUE(std::holds_alternative<Pop3Engine::Fetch>(engine.next()));
    engine.on_message(Octets{row.head, Blob::copy(row.body), 0});
    const auto action = engine.next();
    const std::string said(std::get<Pop3Engine::Send>(action).bytes);
    EXPECT_EQ(said.find("[UTF8]") != std::string::npos, row.refused) << row.head << row.body;
  }
}

TEST(Pop3Lang, ListsAndSwitches) {  // 106
  EXPECT_EQ(
      answer("LANG\r\n"),
      "+OK languages follow\r\ni-default English (default)\r\nen English\r\nde Deutsch\r\n.\r\n");
  EXPECT_EQ(answer("LANG de\r\nXYZ\r\nLANG *\r\nXYZ\r\n"),
            "+OK de jetzt auf Deutsch\r\n-ERR diesen Befehl gibt es nicht\r\n"
            "+OK i-default these are the words\r\n-ERR unknown command\r\n");
  EXPECT_THAT(answer("LANG de-AT\r\n" + login + "LANG EN-gb\r\nRETR 9\r\n"),
              EndsWith("+OK en English it is\r\n-ERR no such message\r\n"));
  EXPECT_THAT(answer("LANG de\r\nUSER u\r\nPASS x\r\n"),
              EndsWith("-ERR [AUTH] Name oder Passwort ist falsch\r\n"));
  for (const std::string unknown : {"fr", "d", "de_AT", "-", "**"}) {
    EXPECT_THAT(answer("LANG " + unknown + "\r\nXYZ\r\n"), EndsWith("-ERR unknown command\r\n"))
        << unknown;
  }
}

TEST(Pop3Lang, IsForgottenUnderTls) {  // 33
  Pop3Engine::Options options;
  options.stls = true;
  const auto outcome = EngineScript({}, options).run({"LANG de\r\nSTLS\r\n", "XYZ\r\n"});
  EXPECT_THAT(outcome.server, EndsWith("<TLS>-ERR unknown command\r\n"));
}

TEST(Pop3Lang, EveryPhraseIsAsciiAndShort) {
  for (const Pop3Language& language : pop3_languages()) {
    for (const Pop3Phrase& phrase : language.phrases) {
      EXPECT_LT(phrase.translated.size(), 200u);
      for (const char c : phrase.translated) EXPECT_TRUE(c >= ' ' && c <= '~') << phrase.translated;
      EXPECT_EQ(language.phrase(phrase.english), phrase.translated);
    }
  }
}

}  // namespace
}  // namespace postern
