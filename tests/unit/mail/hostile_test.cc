// Input made to cost: each would take hours if anything were quadratic, and must keep its bounds.
#include <gtest/gtest.h>

#include <string>

#include "unit/mail/mail_support.h"

namespace postern {
namespace {

std::string repeated(std::string_view piece, std::size_t octets) {
  std::string text;
  text.reserve(octets + piece.size());
  while (text.size() < octets) text += piece;
  return text;
}

constexpr std::size_t whole_message = JudgementLimits::message;

TEST(Hostile, EndlessHeaders) {
  for (const char* line : {"A: b\n", "Content-Type: multipart/mixed; boundary=b\n", " fold\n",
                           "no colon\n", "From: a@b.example\n", ":\n"}) {
    const Content content = decode("X: y\n" + repeated(line, whole_message));
    EXPECT_LE(content.fields.size(), JudgementLimits::fields) << line;
    EXPECT_LE(content.parts[0].header.size(), JudgementLimits::header) << line;
    EXPECT_TRUE(content.defects.has(Defect::truncated)) << line;
  }
}

TEST(Hostile, HeaderValuesFullOfOpenings) {
  for (const char* piece : {"=?", "=?utf-8?Q?", "=?utf-8?Q?a?=", "(", "((\\", "\"", "<", "a@", ";",
                            ";a*1=b", ";a=\"", "=?utf-7?B?", "\"\\", "?=", "a:", "@,"}) {
    for (const char* name : {"Subject", "From", "Content-Type", "Content-Disposition"}) {
      const Content content =
          decode(std::string(name) + ": " + repeated(piece, JudgementLimits::header / 2) + "\n\n");
      EXPECT_EQ(content.fields.size(), 1u) << piece;
    }
  }
}

TEST(Hostile, ManyDelimitersAndNearDelimiters) {
  const std::string boundary(1000, 'b');
  std::string header = "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n";
  for (const std::string& line :
       {"--" + boundary + "\n", "--" + boundary + "x\n", std::string("--\n"), std::string("-\n")}) {
    const Content content = decode(header + repeated(line, whole_message));
    EXPECT_LE(content.parts.size(), JudgementLimits::parts);
  }
}

TEST(Hostile, DeepNesting) {
  std::string message;
  for (int i = 0; i < 2000; ++i) {
    const std::string boundary = std::to_string(i);
    message += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  const Content content = decode(message);
  EXPECT_TRUE(content.defects.has(Defect::too_deep));
  EXPECT_LE(content.parts.size(), JudgementLimits::depth + 2);
}

TEST(Hostile, HtmlFullOfOpenings) {
  for (const char* piece : {"<",
                            "<a",
                            "<a ",
                            "<a href=\"",
                            "<a href=x>",
                            "<!--",
                            "<!",
                            "</",
                            "</a>",
                            "<b>",
                            "<div>",
                            "<p>",
                            "<td>",
                            "&",
                            "&#",
                            "&#x1",
                            "&a",
                            "<script>",
                            "</scrip",
                            "<title>",
                            "<p style=\"",
                            "<i style=':;:;'>",
                            "<i style='color:'>",
                            "<i a=",
                            "<base href=//x>",
                            "<a/",
                            "<table><tr><td>",
                            "<b></i>",
                            "<font color=white>x",
                            "http://a",
                            "www.",
                            "mailto:",
                            "http://a.example)",
                            "<a href=http://a.example>http://a.example</a>",
                            "a:.",
                            "\xC2"}) {
    const Content content =
        decode("Content-Type: text/html; charset=utf-8\n\n" + repeated(piece, whole_message));
    ASSERT_EQ(content.texts.size(), 1u) << piece;
    EXPECT_LE(content.texts[0].source.size(), JudgementLimits::texts) << piece;
    EXPECT_LE(content.links.size(), JudgementLimits::links) << piece;
  }
}

TEST(Hostile, EncodedBodiesThatNeverEnd) {
  for (const char* encoding : {"base64", "quoted-printable"}) {
    for (const char* piece : {"=", "=\n", "====\nQQ==\n", "A", "!", " ", "=4", "QQ==\n"}) {
      const Content content = decode("Content-Transfer-Encoding: " + std::string(encoding) +
                                     "\n\n" + repeated(piece, whole_message));
      EXPECT_LE(content.texts.at(0).source.size(), JudgementLimits::texts) << piece;
    }
  }
}

TEST(Hostile, AllTextsTogetherAreBounded) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 9; ++i) message += "--b\n\n" + repeated("word ", 60 * 1024) + "\n";
  const Content content = decode(message);
  std::size_t octets = 0;
  for (const Text& text : content.texts) octets += text.source.size();
  EXPECT_EQ(octets, JudgementLimits::texts);
  EXPECT_TRUE(content.defects.has(Defect::truncated));
}

TEST(Hostile, PunctuationAfterAnAddress) {
  const Content content = decode("\nhttp://a.example/" + repeated(")", whole_message));
  EXPECT_EQ(content.links.at(0).url, "http://a.example/");
}

TEST(Hostile, AttributesAreCountedOut) {
  const Content content =
      decode("Content-Type: text/html\n\n<a " + repeated("href=x ", 60000) + ">y</a>z");
  EXPECT_EQ(content.texts.at(0).visible, "yz");
}

}  // namespace
}  // namespace postern
