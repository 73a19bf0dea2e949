#include "popcheck/reply.h"

#include <gmock/gmock.h>

namespace popcheck {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Reply reply_of(std::string line) {
  Reply reply;
  reply.line = std::move(line);
  return reply;
}

TEST(PopcheckReply, TellsOkFromRefusal) {
  EXPECT_TRUE(reply_of("+OK\r\n").ok());
  EXPECT_TRUE(reply_of("-ERR no\r\n").refused());
  for (const char* neither : {"", "+ok\r\n", "-err\r\n", "+ERR\r\n", "OK\r\n", "+ \r\n"}) {
    EXPECT_FALSE(reply_of(neither).ok()) << neither;
    EXPECT_FALSE(reply_of(neither).refused()) << neither;
  }
}

TEST(PopcheckReply, TextIsWhatStandsBehindTheStatusWord) {
  EXPECT_EQ(reply_of("+OK 2 320\r\n").text(), "2 320");
  EXPECT_EQ(reply_of("-ERR [AUTH] no\n").text(), "[AUTH] no");
  EXPECT_EQ(reply_of("+OK\r\n").text(), "");
  EXPECT_EQ(reply_of("+OK \r\n").text(), "");
}

TEST(PopcheckReply, ShownSaysWhatCameAndWhatIsWrong) {
  EXPECT_EQ(reply_of("+OK hello\r\n").shown(), "+OK hello");
  EXPECT_EQ(Reply().shown(), "nothing");
  Reply half = reply_of("+OK\r\n");
  half.trouble = "no end";
  EXPECT_EQ(half.shown(), "+OK (no end)");
  half.line.clear();
  EXPECT_EQ(half.shown(), "no end");
}

TEST(StatusLineFault, FindsEachFault) {
  for (const char* good : {"+OK\r\n", "-ERR\r\n", "+OK text\r\n", "-ERR [AUTH] no\r\n"}) {
    EXPECT_EQ(status_line_fault(good), "") << good;
  }
  for (const char* bad :
       {"", "\n", "+OK\n", "+OK", "+ERR no\r\n", "+ok\r\n", "+OKAY\r\n", "\r\n"}) {
    EXPECT_NE(status_line_fault(bad), "") << bad;
  }
}

TEST(StatusLineFault, LimitIs512OctetsWithCrlf) {
  const std::string longest = "+OK " + std::string(506, 'x') + "\r\n";
  EXPECT_EQ(status_line_fault(longest), "");
  EXPECT_NE(status_line_fault("x" + longest), "");
  EXPECT_EQ(status_line_fault("+OK " + std::string(507, 'x') + "\r\n"),
            "it is longer than 512 octets");
}

TEST(Unstuffed, TakesOneDotFromEachLine) {
  EXPECT_EQ(unstuffed(""), "");
  EXPECT_EQ(unstuffed("..\r\n...a\r\nb.\r\n"), ".\r\n..a\r\nb.\r\n");
  EXPECT_EQ(unstuffed("a\r\n..b"), "a\r\n.b");
}

TEST(Decimal, IsDigitsAndNothingElse) {
  EXPECT_EQ(decimal("0"), 0u);
  EXPECT_EQ(decimal("18446744073709551615"), 18446744073709551615u);
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "1x", "0x1", "18446744073709551616"}) {
    EXPECT_EQ(decimal(bad), std::nullopt) << bad;
  }
}

TEST(Words, AreSeparatedByAnyNumberOfSpaces) {
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words("   "), IsEmpty());
  EXPECT_THAT(words("  a  bc d "), ElementsAre("a", "bc", "d"));
}

TEST(Lines, LoseTheirEnds) {
  EXPECT_THAT(lines(""), IsEmpty());
  EXPECT_THAT(lines("a\r\n\r\nb"), ElementsAre("a", "", "b"));
}

TEST(Listing, IsNumbersInAscendingOrder) {
  const auto good = listing("1 120\r\n3 a b\r\n");
  ASSERT_TRUE(good);
  EXPECT_THAT(*good, ElementsAre(Pair(1, "120"), Pair(3, "a b")));
  EXPECT_THAT(listing("").value(), IsEmpty());
  for (const char* bad : {"1\r\n", "0 1\r\n", "x 1\r\n", "1 1\r\n1 1\r\n", "2 1\r\n1 1\r\n",
                          " 1 1\r\n", "+1 1\r\n"}) {
    EXPECT_FALSE(listing(bad)) << bad;
  }
}

TEST(HeaderOf, EndsBehindTheFirstEmptyLine) {
  EXPECT_EQ(header_of("A: b\r\n\r\nbody\r\n\r\n"), "A: b\r\n\r\n");
  EXPECT_EQ(header_of("\r\nbody\r\n"), "\r\n");
  EXPECT_EQ(header_of("A: b\r\n"), "A: b\r\n");
}

TEST(WireForm, EndsEveryLineInCrlf) {
  EXPECT_EQ(wire_form(""), "");
  EXPECT_EQ(wire_form("a\nb\r\nc"), "a\r\nb\r\nc\r\n");
  EXPECT_EQ(wire_form("\n\n"), "\r\n\r\n");
  EXPECT_EQ(wire_form("a\rb\n"), "a\rb\r\n");
  EXPECT_EQ(wire_form("a\r"), "a\r\r\n");
}

}  // namespace
}  // namespace popcheck
