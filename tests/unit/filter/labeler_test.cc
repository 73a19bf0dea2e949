#include "filter/labeler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view id = "0123456789abcdef";

Verdict verdict_of(Label label, MilliPoints score, std::vector<LedgerEntry> ledger = {}) {
  Verdict verdict;
  verdict.label = label;
  verdict.score = score;
  verdict.ledger = std::move(ledger);
  verdict.basis = 0x1234;
  return verdict;
}

std::string joined(const Octets& octets) { return octets.head + std::string(octets.tail()); }

TEST(Labeler, BlockHasOneWidthWhateverTheVerdict) {
  std::vector<LedgerEntry> ledger;
  for (int rules = 0; rules < 60; ++rules) {
    for (const Label label : {Label::ham, Label::unsure, Label::spam, Label::error}) {
      for (const MilliPoints score :
           {-points_limit, -4321, -49, 0, 999, 5000, 50'000, points_limit}) {
        const std::string block = Labeler::block(verdict_of(label, score, ledger), id);
        ASSERT_EQ(block.size(), Labeler::width);
        ASSERT_THAT(block, StartsWith("X-Spam-Status: "));
        ASSERT_EQ(block.substr(block.size() - 2), "\r\n");
      }
    }
    ledger.push_back({"RULE_" + std::string(static_cast<std::size_t>(rules * 2), 'X'), 100, ""});
  }
}

TEST(Labeler, LinesAreShortAsciiAndNeverEmpty) {
  const std::string block = Labeler::block(
      verdict_of(Label::spam, 8300,
                 {{"LONG_" + std::string(60, 'N'), 1, ""}, {"A", 1, ""}, {"B", 1, ""}}),
      id);
  for (std::string_view line : split(std::string_view(block).substr(0, block.size() - 1), '\n')) {
    ASSERT_FALSE(line.empty());
    if (line.back() == '\r') line.remove_suffix(1);
    EXPECT_GT(trimmed(line).size(), 0u) << block;
    EXPECT_LT(line.size(), 78u);
    for (const char c : line) EXPECT_TRUE(c == '\t' || (c >= ' ' && c <= '~'));
  }
}

TEST(Labeler, SaysWhatTheVerdictSays) {
  const std::string spam =
      Labeler::block(verdict_of(Label::spam, 8300, {{"A", 8000, ""}, {"B", 300, ""}}), id);
  EXPECT_THAT(spam, HasSubstr("X-Spam-Status: Yes, score=8.3 required=5.0\r\n\ttests=A,B\r\n"));
  EXPECT_THAT(spam,
              HasSubstr("X-Spam-Flag: YES\r\nX-Spam-Level: ********\r\nX-Spam-Score: 8.3\r\n"));
  EXPECT_THAT(spam, HasSubstr("X-Postern-Verdict: spam; p=0.9932; "
                              "basis=0000000000001234;\r\n\tid=0123456789abcdef; pad="));
  const std::string ham = Labeler::block(verdict_of(Label::ham, -3210), id);
  EXPECT_THAT(ham, HasSubstr("X-Spam-Status: No, score=-3.2"));
  EXPECT_THAT(ham, HasSubstr("X-Spam-Level: \r\n"));
  EXPECT_THAT(ham, Not(HasSubstr("X-Spam-Flag")));
}

TEST(Labeler, LeavesEveryOtherOctetAlone) {
  const std::string message = "From: a@example.org\nSubject: x\n\nbody X-Spam-Flag: NO\n\0.\r\n";
  const Octets octets = Labeler::apply(Blob::copy(message), verdict_of(Label::ham, 0), id);
  EXPECT_EQ(octets.head.size(), Labeler::width);
  EXPECT_EQ(octets.tail(), message);
}

// What a DKIM verifier reads is what the signer signed: every octet behind our block.
TEST(Labeler, ASignatureOverTheMessageStillVerifies) {
  std::string message =
      "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=k; h=from:subject; b=AbC\r\n";
  message += "From: a@example.org\r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\n";
  for (int octet = 0; octet < 256; ++octet) message += static_cast<char>(octet);
  const Octets octets = Labeler::apply(Blob::copy(message), verdict_of(Label::spam, 9000), id);
  EXPECT_EQ(sha256(joined(octets).substr(Labeler::width)), sha256(message));
}

TEST(Labeler, RenamesForgedFieldsAtEqualLength) {
  const std::string message =
      "Received: x\nX-Spam-Status: No,\n score=0\nx-spam-FLAG: NO\nX-Spam-Report: kept\n"
      "X-Postern-Verdict: ham\nSubject: x\n\nX-Spam-Flag: in the body\n";
  const Octets octets = Labeler::apply(Blob::copy(message), verdict_of(Label::spam, 9000), id);
  EXPECT_EQ(joined(octets).substr(Labeler::width),
            "Received: x\nX-Orig-Status: No,\n score=0\nx-orig-FLAG: NO\nX-Spam-Report: kept\n"
            "X-Foreign-Verdict: ham\nSubject: x\n\nX-Spam-Flag: in the body\n");
  EXPECT_EQ(wire_size(octets), wire_size(message) + Labeler::width);
}

TEST(Labeler, StripUndoesApply) {
  for (const std::string message :
       {"Subject: x\n\nbody\n", "X-SPAM-Flag: NO\r\nX-Postern-Verdict: ham\r\nA: b\r\n\r\nbody", "",
        "no header at all", "\n\nonly a body", "X-Spam-Status: Yes\n", "A: b",
        " folded first line\n\nbody", "\t....\n", "\t"}) {
    const Octets octets = Labeler::apply(Blob::copy(message), verdict_of(Label::spam, 9000), id);
    EXPECT_EQ(Labeler::strip(Blob::own(joined(octets))).view(), message);
  }
}

TEST(Labeler, StripFindsTheBlockBelowFieldsThatAClientAdded) {
  const std::string message = "Subject: x\n\nbody\n";
  const Octets octets = Labeler::apply(Blob::copy(message), verdict_of(Label::spam, 9000), id);
  EXPECT_EQ(Labeler::strip(Blob::own("X-Mozilla-Status: 0001\r\n" + joined(octets))).view(),
            "X-Mozilla-Status: 0001\r\n" + message);
}

TEST(Labeler, StripLeavesAMessageWithoutABlock) {
  const Blob message = Blob::copy("X-Spam-Status: Yes\nSubject: x\nX-Orig-Flag: YES\n\nbody\n");
  EXPECT_EQ(Labeler::strip(message).view(), message.view());
}

TEST(Labeler, AddsAMissingSeparatorOutOfItsPadding) {  // 77
  struct Row {
    const char* header;
    const char* body;
  };
  for (const Row& row :
       {Row{"", ""}, Row{"Subject: a", ""}, Row{"Subject: a\n", ""},
        Row{"Subject: a\r\n b\r\n", ""}, Row{"Subject: a\n b\nHello: there, and\n", "more"},
        Row{"", "no header at all\njust text\n"}, Row{">From x\nSubject: a\n", "text\n"},
        Row{"X-Spam-Flag: NO\nA: b\n", "X-Spam-Flag NO\n"}}) {
    const std::string message = std::string(row.header) + row.body;
    const Octets labelled =
        Labeler::apply(Blob::copy(message), verdict_of(Label::ham, 0), id, true);
    const std::string all = joined(labelled);
    EXPECT_EQ(wire_size(labelled), wire_size(message) + Labeler::width) << message;
    const std::size_t end = all.find("\r\n\r\n");
    EXPECT_NE(std::min(end, all.find("\n\r\n")), std::string::npos) << message;
    EXPECT_EQ(labelled.tail(), row.body);
    EXPECT_EQ(wire_size(Labeler::strip(Blob::copy(all)).view()), wire_size(message)) << all;
  }
}

TEST(Labeler, AddsNoSeparatorWhereThereIsOne) {  // 77
  for (const std::string message :
       {"\n", "\r\nx", "A: b\n\nc", "no field\n\nbody\n", "From x\nA: b\r\n\r\n"}) {
    EXPECT_EQ(joined(Labeler::apply(Blob::copy(message), verdict_of(Label::ham, 0), id, true)),
              joined(Labeler::apply(Blob::copy(message), verdict_of(Label::ham, 0), id)));
  }
}

TEST(Labeler, LabellingTwiceKeepsOneTrueBlockOnTop) {
  const Octets once = Labeler::apply(Blob::copy("A: b\n\nc\n"), verdict_of(Label::ham, 0), id);
  const Octets twice = Labeler::apply(Blob::own(joined(once)), verdict_of(Label::spam, 9000), id);
  const std::string text = joined(twice);
  EXPECT_EQ(text.find("X-Postern-Verdict: "), text.rfind("X-Postern-Verdict: "));
  EXPECT_THAT(text, HasSubstr("X-Foreign-Verdict: ham"));
}

TEST(Verdict, PointsRoundToTenthsWithoutNegativeZero) {
  EXPECT_EQ(format_points(-49), "0.0");
  EXPECT_EQ(format_points(-50), "-0.1");
  EXPECT_EQ(format_points(4950), "5.0");
  EXPECT_EQ(format_points(points_limit), "100.0");
}

TEST(Verdict, FivePointsAreNinetyFivePercent) {
  EXPECT_NEAR(probability_of(5000), 0.9526, 0.0001);
  EXPECT_EQ(points_of_nats(3.0), 5000);
  EXPECT_EQ(points_of_nats(1e9), points_limit);
  EXPECT_EQ(points_of_nats(-1e9), -points_limit);
}

TEST(Verdict, LabelsHaveNamesBothWays) {
  for (const Label label : {Label::ham, Label::unsure, Label::spam, Label::error}) {
    EXPECT_EQ(parse_label(to_string(label)), label);
  }
  EXPECT_EQ(parse_label("Spam"), std::nullopt);
}

}  // namespace
}  // namespace postern
