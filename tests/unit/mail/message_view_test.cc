#include "mail/message_view.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/mail/mail_support.h"

namespace postern {
namespace {

// The tree as text: a line a part, indented by depth, with the body of leaves; then the defects.
std::string tree_of(std::string_view message) {
  Arena arena;
  const MessageView view = MessageView::parse(message, arena);
  std::string text;
  for (std::size_t i = 0; i < view.parts.size(); ++i) {
    text.append(view.parts[i].depth, ' ').append(view.parts[i].type);
    if (view.leaf[i]) {
      std::string body(view.bodies[i]);
      for (std::size_t at = 0; (at = body.find('\n', at)) != std::string::npos;) body[at] = '/';
      text += " [" + body + "]";
    }
    text += "\n";
  }
  return text + to_string(view.defects);
}

TEST(MessageView, SinglePartIsAllBody) {
  EXPECT_EQ(tree_of("A: b\n\nbody\n"), "text/plain [body/]\n");
  EXPECT_EQ(tree_of("\nbody"), "text/plain [body]\n");
  EXPECT_EQ(tree_of("A: b\n\n"), "text/plain []\n");
}

TEST(MessageView, HeaderWithoutEnd) {
  EXPECT_EQ(tree_of("A: b\n"), "text/plain []\nno_separator");
  EXPECT_EQ(tree_of("A: b"), "text/plain []\nno_separator");
}

TEST(MessageView, FirstLineThatIsNoFieldMakesAllBody) {
  EXPECT_EQ(tree_of("Hello you\nA: b\n\nx\n"), "text/plain [Hello you/A: b//x/]\nbad_header_line");
}

TEST(MessageView, TopQuirksAreSkipped) {
  EXPECT_EQ(tree_of("From a@b.example Mon\nA: b\n\nx"), "text/plain [x]\n");
  EXPECT_EQ(tree_of(">From a@b.example Mon\nA: b\n\nx"), "text/plain [x]\n");
  EXPECT_EQ(tree_of("\xEF\xBB\xBF"
                    "A: b\n\nx"),
            "text/plain [x]\n");
  EXPECT_EQ(tree_of("From only"), "text/plain []\n");
}

TEST(MessageView, TypeThatCannotBeReadIsPlainText) {
  EXPECT_EQ(tree_of("Content-Type: text\n\nx"), "text/plain [x]\n");
  EXPECT_EQ(tree_of("Content-Type:\n\nx"), "text/plain [x]\n");
  EXPECT_EQ(tree_of("Content-Type: TEXT/Html; x\n\nx"), "text/html [x]\n");
}

TEST(MessageView, MultipartWithPreambleAndEpilogue) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=\"b b\"\n\n"
                    "preamble\n--b b\n\none\n--b b  \nContent-Type: text/html\n\ntwo\n\n"
                    "--b b--\nepilogue\n"),
            "multipart/mixed\n text/plain [one]\n text/html [two/]\n");
}

TEST(MessageView, NestedMultipartsWithBoundariesThatBeginAlike) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=x\n\n"
                    "--x\nContent-Type: multipart/alternative; boundary=xy\n\n"
                    "--xy\n\none\n--xyz\nstill one\n--xy\n\ntwo\n--xy--\n"
                    "--x\n\nthree\n--x--\n"),
            "multipart/mixed\n multipart/alternative\n  text/plain [one/--xyz/still one]\n"
            "  text/plain [two]\n text/plain [three]\n");
}

TEST(MessageView, OuterDelimiterEndsInnerMultipart) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=o\n\n"
                    "--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\none\n"
                    "--o\n\ntwo\n--o--\n"),
            "multipart/mixed\n multipart/mixed\n  text/plain [one]\n text/plain [two]\n"
            "unclosed_multipart");
}

TEST(MessageView, UnclosedMultipartReachesToTheEnd) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n"),
            "multipart/mixed\n text/plain [one/]\nunclosed_multipart");
}

TEST(MessageView, MissingBoundaryMakesALeaf) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed\n\n--b\n\none\n"),
            "multipart/mixed [--b//one/]\nmissing_boundary");
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=\" \"\n\nx"),
            "multipart/mixed [x]\nmissing_boundary");
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=never\n\nx\n"),
            "multipart/mixed [x/]\nmissing_boundary");
}

TEST(MessageView, PartsMayBeEmptyOrLackAHeader) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\n\n--b\nno field\n"
                    "--b\nA: b\n--b--\n"),
            "multipart/mixed\n text/plain []\n text/plain []\n text/plain [no field]\n"
            " text/plain []\nbad_header_line,no_separator");
}

TEST(MessageView, PartAfterTheClosingDelimiterIsStillAPart) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n"
                    "--b--\n"),
            "multipart/mixed\n text/plain [one]\n text/plain [two]\n");
}

TEST(MessageView, EnclosedMessageIsWalked) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary=b\n\n"
                    "--b\nContent-Type: message/rfc822\n\n"
                    "Subject: inner\nContent-Type: multipart/mixed; boundary=c\n\n"
                    "--c\n\none\n--c--\n--b--\n"),
            "multipart/mixed\n message/rfc822\n  multipart/mixed\n   text/plain [one]\n");
}

TEST(MessageView, EnclosedMessageKeepsItsHeader) {
  Arena arena;
  const MessageView view =
      MessageView::parse("Content-Type: message/rfc822\n\nSubject: inner\nX: y\n\ntext\n", arena);
  ASSERT_EQ(view.parts.size(), 2u);
  EXPECT_EQ(view.parts[1].header, "Subject: inner\nX: y\n");
  EXPECT_EQ(view.parts[1].parent, 0u);
  EXPECT_EQ(view.parts[0].encoded_octets, view.bodies[0].size());
}

TEST(MessageView, EncodedEnclosedMessageIsALeaf) {
  EXPECT_EQ(
      tree_of("Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQTogYg==\n"),
      "message/rfc822 [QTogYg==/]\n");
}

TEST(MessageView, DigestPartsAreMessages) {
  EXPECT_EQ(tree_of("Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: a\n\none\n"
                    "--d\nContent-Type: text/plain\n\ntwo\n--d--\n"),
            "multipart/digest\n message/rfc822\n  text/plain [one]\n text/plain [two]\n");
}

TEST(MessageView, BoundaryOutOfContinuations) {
  EXPECT_EQ(tree_of("Content-Type: multipart/mixed; boundary*0=a;\n boundary*1=b\n\n--ab\n\none\n"
                    "--ab--\n"),
            "multipart/mixed\n text/plain [one]\n");
}

TEST(MessageView, EncodingsAndDispositionsAreTheirFirstWord) {
  Arena arena;
  const MessageView view = MessageView::parse(
      "Content-Transfer-Encoding: Base64 (x)\nContent-Disposition: Inline; filename=\"a b.txt\"\n"
      "Content-Type: text/plain; name=other; charset=\" UTF-8 \"\n\n",
      arena);
  EXPECT_EQ(view.parts[0].encoding, "base64");
  EXPECT_EQ(view.parts[0].disposition, "inline");
  EXPECT_EQ(view.parts[0].file_name, "a b.txt");
  EXPECT_EQ(view.parts[0].charset, "utf-8");
}

TEST(MessageView, DepthIsBounded) {
  std::string message;
  for (int i = 0; i < 100; ++i) message += "Content-Type: message/rfc822\n\n";
  Arena arena;
  const MessageView view = MessageView::parse(message, arena);
  EXPECT_TRUE(view.defects.has(Defect::too_deep));
  EXPECT_EQ(view.parts.back().depth, JudgementLimits::depth);
}

TEST(MessageView, PartsAreBounded) {
  std::string message = "Content-Type: multipart/mixed; boundary=b\n\n";
  for (std::size_t i = 0; i < JudgementLimits::parts + 10; ++i) message += "--b\n\nx\n";
  Arena arena;
  const MessageView view = MessageView::parse(message, arena);
  EXPECT_EQ(view.parts.size(), JudgementLimits::parts);
  EXPECT_TRUE(view.defects.has(Defect::truncated));
}

}  // namespace
}  // namespace postern
