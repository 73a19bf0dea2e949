#include "classify/script_mix.h"

#include <gtest/gtest.h>

#include "classify/tokenizer.h"

namespace postern {
namespace {

Content message(const std::string& subject, const std::string& body) {
  return Content::decode(Blob::own("Subject: " + subject +
                                   "\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
                                   "Content-Transfer-Encoding: 8bit\n\n" +
                                   body + "\n"));
}

TEST(ScriptMix, BlanksLettersOfOtherScriptsAndNothingElse) {
  struct Row {
    std::string text;
    std::string kept;
  };
  for (const Row& row :
       {Row{"plain", "plain"},
        Row{"Größe, naïve, żółć, tiếng Việt", "Größe, naïve, żółć, tiếng Việt"},
        Row{"“quoted” – 5 €", "“quoted” – 5 €"}, Row{"a\xF0\x9F\x98\x80z", "a\xF0\x9F\x98\x80z"},
        Row{"код 12", "    12"}, Row{"認証 code", "   code"}, Row{"한국", "  "},
        Row{"שלום", "    "}, Row{"", ""}, Row{"cut \xE8\xAA", "cut  "}, Row{"\x80", "\x80"}}) {
    std::string text = row.text;
    blank_beyond_latin(text);
    EXPECT_EQ(text, row.kept) << row.text;
  }
}

TEST(ScriptMix, TheBaseModelSeesNothingOfMailInOtherScripts) {
  for (const char* text : {"認証コードは次のとおりです", "ваш код подтверждения",
                           "رمز التحقق الخاص بك", "קוד האימות שלך הוא", "인증 코드입니다"}) {
    const Content content = message(text, std::string(text) + " 123456 https://example.org/a");
    EXPECT_TRUE(mostly_beyond_latin(content)) << text;
    FeatureSet features;
    tokenize(content, features);
    EXPECT_TRUE(features.base.values().empty()) << text;
    EXPECT_FALSE(features.of(TokenSide::people).values().empty()) << text;
  }
}

TEST(ScriptMix, LatinMailWithAForeignWordIsRead) {
  for (const char* text :
       {"Your code is 123456, see https://example.org/login", "Größe und Farbe wählen",
        "The word код means code in Russian, as everybody knows"}) {
    const Content content = message(text, text);
    EXPECT_FALSE(mostly_beyond_latin(content)) << text;
  }
}

}  // namespace
}  // namespace postern
