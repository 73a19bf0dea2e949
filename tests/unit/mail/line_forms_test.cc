// LF and CRLF forms of a message give the same Content.
#include <gtest/gtest.h>

#include <string>

#include "unit/mail/mail_support.h"

namespace postern {
namespace {

TEST(LineForms, GiveTheSameContent) {
  const std::string messages[] = {
      "",
      "\n",
      "body only",
      "A: b\n",
      "A: b\n c\n\td\n\nbody\n",
      "From x@y.example Mon\nSubject: mbox\n\n>From here\n",
      "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nQUJD\nREVG\n",
      "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nQQ0KQg0K\n",
      "Content-Transfer-Encoding: quoted-printable\n\none=\ntwo=20\n three  \n=0D=0Afour\n",
      "Content-Type: text/html\n\n<p\nclass=x>a\nb<a href='http://a.ex\nample/'>x</a>\n",
      "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\nContent-Type: text/html\n\n<p>x\n"
      "--b\nContent-Type: application/octet-stream\n\n\x01\n\x02\n--b--\npost\n",
      "Content-Type: message/rfc822\n\nSubject: x\n\ny\n",
      "Subject: =?utf-8?Q?a?=\n =?utf-8?Q?b?=\n\n",
      "no field\nA: b\n\n",
  };
  for (const std::string& message : messages) {
    EXPECT_EQ(everything_in(decode(with_crlf(message))), everything_in(decode(message))) << message;
  }
}

TEST(LineForms, AreTheSameWhereTheMessageIsCut) {
  // Around the limit, so that it falls before, on and after a line end.
  for (std::size_t size = JudgementLimits::message - 3; size < JudgementLimits::message + 3;
       ++size) {
    std::string message = "Subject: long\n\n";
    while (message.size() + 2 <= size) message += "x\n";
    message.resize(size, 'y');
    message += "\nz\n";
    EXPECT_EQ(everything_in(decode(with_crlf(message))), everything_in(decode(message))) << size;
  }
}

TEST(LineForms, MixedLineEndsAreLineEnds) {
  const Content content = decode(
      "Content-Type: multipart/mixed; boundary=b\r\n\n--b\n\r\none\r\n--b\r\n\r\ntwo\n--b--\n");
  ASSERT_EQ(content.texts.size(), 2u);
  EXPECT_EQ(content.texts[0].source, "one");
  EXPECT_EQ(content.texts[1].source, "two");
}

}  // namespace
}  // namespace postern
