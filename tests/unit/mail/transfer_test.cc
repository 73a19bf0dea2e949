#include "mail/transfer.h"

#include <gtest/gtest.h>

#include <string>

namespace postern {
namespace {

constexpr std::size_t no_limit = 1 << 20;

struct Row {
  const char* encoded;
  const char* decoded;
  const char* defects;
};

TEST(Base64, DecodesWhatMailHas) {
  constexpr Row rows[] = {
      {"", "", ""},
      {"QQ==", "A", ""},
      {"QUI=", "AB", ""},
      {"QUJD", "ABC", ""},
      {"QUJD\nREVG\n", "ABCDEF", ""},
      {"Q U\tJ D", "ABC", ""},
      {"QUI", "AB", ""},               // padding left out
      {"QUJDR", "ABC", "bad_base64"},  // six bits are no octet
      {"QU!JD", "ABC", "bad_base64"},
      {"QQ==\nQg==\n", "AB", ""},  // encoded piece by piece
      {"QQ==\n--\nA list, you know\n", "A", "bad_base64"},
      {"QQ==\nfour words of text\n", "A", "bad_base64"},
      {"====", "", ""},
  };
  for (const Row& row : rows) {
    Arena arena;
    Defects defects;
    const Decoded decoded = decode_base64(row.encoded, no_limit, arena, defects);
    EXPECT_EQ(decoded.octets, row.decoded) << row.encoded;
    EXPECT_EQ(to_string(defects), row.defects) << row.encoded;
    EXPECT_FALSE(decoded.cut) << row.encoded;
  }
}

TEST(Base64, StopsAtTheLimit) {
  for (std::size_t limit = 0; limit <= 9; ++limit) {
    Arena arena;
    Defects defects;
    const Decoded decoded = decode_base64("QUJD\nREVGR0hJ", limit, arena, defects);
    EXPECT_EQ(decoded.octets, std::string("ABCDEFGHI").substr(0, limit));
    EXPECT_EQ(decoded.cut, limit < 9) << limit;
  }
}

TEST(QuotedPrintable, DecodesWhatMailHas) {
  constexpr Row rows[] = {
      {"", "", ""},
      {"a=3Db", "a=b", ""},
      {"a=3db=e9", "a=b\xE9", ""},
      {"soft=\nbreak", "softbreak", ""},
      {"soft= \t\nbreak", "softbreak", ""},
      {"trailing  \t\nspace ", "trailing\nspace", ""},
      {"kept=20\nspace", "kept \nspace", ""},
      {"1 = 2", "1 = 2", "bad_quoted_printable"},
      {"=4", "=4", "bad_quoted_printable"},
      {"=XY", "=XY", "bad_quoted_printable"},
      {"==41", "=A", "bad_quoted_printable"},
      {"end=", "end", ""},
      {"\n\n", "\n\n", ""},
  };
  for (const Row& row : rows) {
    Arena arena;
    Defects defects;
    const Decoded decoded = decode_quoted_printable(row.encoded, no_limit, arena, defects);
    EXPECT_EQ(decoded.octets, row.decoded) << row.encoded;
    EXPECT_EQ(to_string(defects), row.defects) << row.encoded;
    EXPECT_FALSE(decoded.cut) << row.encoded;
  }
}

TEST(QuotedPrintable, StopsAtTheLimit) {
  for (std::size_t limit = 0; limit <= 5; ++limit) {
    Arena arena;
    Defects defects;
    const Decoded decoded = decode_quoted_printable("a=42\nc=\nd", limit, arena, defects);
    EXPECT_EQ(decoded.octets, std::string("aB\ncd").substr(0, limit));
    EXPECT_EQ(decoded.cut, limit < 5) << limit;
  }
}

TEST(DecodeTransfer, UnknownEncodingLeavesTheOctets) {
  Arena arena;
  Defects defects;
  EXPECT_EQ(decode_transfer("=41", "x-uuencode", no_limit, arena, defects).octets, "=41");
  EXPECT_EQ(to_string(defects), "unknown_encoding");
  EXPECT_EQ(decode_transfer("=41", "8bit", 2, arena, defects).octets, "=4");
}

}  // namespace
}  // namespace postern
