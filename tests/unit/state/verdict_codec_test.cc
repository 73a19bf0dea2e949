#include "state/verdict_codec.h"

#include <gtest/gtest.h>

#include "base/ascii.h"

namespace postern {
namespace {

Verdict sample() {
  Verdict verdict;
  verdict.label = Label::spam;
  verdict.score = 8300;
  verdict.required = 5000;
  verdict.basis = 0x8000000000000001;
  verdict.ledger = {{"CLASSIFIER", -7, ""}, {"RULE", 8307, "why"}};
  return verdict;
}

// Pinned, because verdicts of earlier versions stay in databases.
TEST(VerdictCodec, WritesTheDocumentedForm) {
  EXPECT_EQ(to_hex(encode_verdict(sample())),
            "01"                    // version
            "02"                    // spam
            "d88101"                // 8300
            "904e"                  // 5000
            "81808080808080808001"  // basis
            "02"
            "0a434c4153534946494552"
            "0d"  // -7
            "00"
            "0452554c45"
            "e68101"  // 8307
            "03776879");
}

TEST(VerdictCodec, ReadsWhatItWrote) {
  for (const MilliPoints points : {0, 1, -1, 99999, -99999, INT32_MAX, INT32_MIN}) {
    Verdict verdict = sample();
    verdict.ledger[0].points = points;
    verdict.score = points;
    const auto read = decode_verdict(encode_verdict(verdict));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->label, Label::spam);
    EXPECT_EQ(read->score, points);
    EXPECT_EQ(read->required, 5000);
    EXPECT_EQ(read->basis, 0x8000000000000001u);
    ASSERT_EQ(read->ledger.size(), 2u);
    EXPECT_EQ(read->ledger[0].name, "CLASSIFIER");
    EXPECT_EQ(read->ledger[0].points, points);
    EXPECT_EQ(read->ledger[1].description, "why");
  }
}

TEST(VerdictCodec, RefusesEveryPrefixAndAnythingAfterTheEnd) {
  const std::string whole = encode_verdict(sample());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_verdict(whole.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_EQ(read.error().kind(), Errc::bad_data);
  }
  EXPECT_FALSE(decode_verdict(whole + '\0'));
}

TEST(VerdictCodec, RefusesOtherVersionsAndImpossibleCounts) {
  std::string bytes = encode_verdict(sample());
  bytes[0] = 2;
  EXPECT_FALSE(decode_verdict(bytes));
  const std::string count_of_2_to_64("\x01\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 15);
  EXPECT_FALSE(decode_verdict(count_of_2_to_64));
  bytes = encode_verdict(sample());
  bytes[1] = 4;  // no such label
  EXPECT_FALSE(decode_verdict(bytes));
}

}  // namespace
}  // namespace postern
