#include "mail/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "unit/mail/mail_support.h"

namespace postern {
namespace {

using testing::ElementsAre;

TEST(Content, DecodesFieldsTextsAndLinks) {
  const Content content = decode(
      "From: =?utf-8?Q?J=C3=BCrgen?= <j@Example.ORG>\n"
      "To: a@b.example, \"C, D\" <c@d.example>\n"
      "Subject: =?utf-8?B?SGVsbG8=?=\n =?utf-8?B?IHdvcmxk?=\n"
      "Content-Type: text/plain; charset=iso-8859-1\n"
      "Content-Transfer-Encoding: quoted-printable\n"
      "\n"
      "Caf=E9 at https://cafe.example/menu.\n");
  EXPECT_EQ(content.subject, "Hello world");
  ASSERT_EQ(content.from.size(), 1u);
  EXPECT_EQ(content.from[0].name, "J\xC3\xBCrgen");
  EXPECT_EQ(content.from[0].mailbox, "j@Example.ORG");
  EXPECT_EQ(content.from[0].domain, "example.org");
  ASSERT_EQ(content.to.size(), 2u);
  EXPECT_EQ(content.to[1].name, "C, D");
  ASSERT_EQ(content.texts.size(), 1u);
  EXPECT_EQ(content.texts[0].visible, "Caf\xC3\xA9 at https://cafe.example/menu.\n");
  ASSERT_EQ(content.links.size(), 1u);
  EXPECT_EQ(content.links[0].url, "https://cafe.example/menu");
  EXPECT_EQ(content.links[0].host, "cafe.example");
  EXPECT_EQ(to_string(content.defects), "");
}

TEST(Content, FieldIgnoresCaseAndTakesTheFirst) {
  const Content content = decode("X-a: 1\nx-A: 2\n\n");
  ASSERT_NE(content.field("x-a"), nullptr);
  EXPECT_EQ(content.value("X-A"), "1");
  EXPECT_EQ(content.field("x-b"), nullptr);
  EXPECT_EQ(content.value("x-b"), "");
}

TEST(Content, RawKeepsFoldsAndValueDoesNot) {
  const Content content = decode("Subject: one\r\n\ttwo  \r\n\r\n");
  EXPECT_EQ(content.fields[0].raw, " one\n\ttwo  ");
  EXPECT_EQ(content.subject, "one\ttwo");
}

TEST(Content, ViewsStayGoodWhenItMoves) {
  Content first = decode("Subject: =?utf-8?Q?=C3=BC?=\n\nshort\n");
  const Content second = std::move(first);
  EXPECT_EQ(second.subject, "\xC3\xBC");
  EXPECT_EQ(second.texts[0].source, "short\n");
  EXPECT_EQ(second.fields[0].name, "Subject");
}

TEST(Content, EmptyMessageHasOneEmptyPart) {
  const Content content = decode("");
  ASSERT_EQ(content.parts.size(), 1u);
  EXPECT_EQ(content.parts[0].type, "text/plain");
  ASSERT_EQ(content.texts.size(), 1u);
  EXPECT_EQ(content.texts[0].source, "");
  EXPECT_FALSE(content.defects.any());
}

TEST(Content, HtmlPartHasSourceVisibleHiddenAndMarkup) {
  const Content content = decode(
      "Content-Type: text/html\n\n<P Class=x>Hi<!-- c --> <span style='display:none'>secret</span>"
      "there</p><A HREF=\"http://e.example/?a=1&amp;b=2\">click <b>me</b></a>");
  const Text& text = content.texts.at(0);
  EXPECT_TRUE(text.html);
  EXPECT_EQ(text.visible, "Hi there\nclick me");
  EXPECT_EQ(text.hidden, "secret");
  EXPECT_EQ(text.markup,
            "<p class=\"x\"><span style=\"display:none\">"
            "<a href=\"http://e.example/?a=1&amp;b=2\"><b>");
  EXPECT_EQ(content.links.at(0).url, "http://e.example/?a=1&b=2");
  EXPECT_EQ(content.links[0].shown, "click me");
  EXPECT_EQ(content.html.anchors, 1u);
  EXPECT_EQ(content.html.comments, 1u);
}

TEST(Content, NonTextLeafShowsHowItBegins) {
  const Content content = decode(
      "Content-Type: application/pdf; name*=utf-8''r%C3%A9sum%C3%A9.pdf\n"
      "Content-Transfer-Encoding: base64\nContent-Disposition: ATTACHMENT\n\nJVBERi0xLjQ=\n");
  EXPECT_EQ(content.parts[0].start, "%PDF-1.4");
  EXPECT_EQ(content.parts[0].disposition, "attachment");
  EXPECT_EQ(content.parts[0].file_name, "r\xC3\xA9sum\xC3\xA9.pdf");
  EXPECT_TRUE(content.texts.empty());
}

TEST(Content, DuplicatedFieldIsADefect) {
  EXPECT_TRUE(decode("Subject: a\nsubject: b\n\n").defects.has(Defect::duplicate_field));
  EXPECT_FALSE(decode("Received: a\nReceived: b\n\n").defects.has(Defect::duplicate_field));
}

TEST(Content, EightBitHeaderIsGuessed) {
  const Content content = decode("Subject: caf\xE9\nX: caf\xC3\xA9\n\n");
  EXPECT_TRUE(content.defects.has(Defect::eight_bit_header));
  EXPECT_EQ(content.subject, "caf\xC3\xA9");
  EXPECT_EQ(content.value("x"), "caf\xC3\xA9");
}

}  // namespace
}  // namespace postern
