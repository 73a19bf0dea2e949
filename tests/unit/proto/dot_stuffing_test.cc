#include "proto/dot_stuffing.h"

#include <gtest/gtest.h>

#include <random>

namespace postern {
namespace {

std::string encoded(const Octets& octets, std::size_t chunk,
                    std::optional<std::uint64_t> lines = std::nullopt) {
  WireEncoder encoder(octets, lines);
  std::string all;
  for (bool done = false; !done;) {
    std::string piece;
    done = encoder.fill(piece, chunk);
    EXPECT_LE(piece.size(), chunk + 3);
    all += piece;
  }
  return all;
}

struct Row {
  std::string stored;
  std::string sent;
};

TEST(WireEncoder, MakesLinesAndStuffsDotsInChunksOfAnySize) {
  const std::vector<Row> rows{
      {"", ""},
      {"a", "a\r\n"},
      {"a\n", "a\r\n"},
      {"a\r\n", "a\r\n"},
      {".", "..\r\n"},
      {".\n..\na.b\n", "..\r\n...\r\na.b\r\n"},
      {"\n.\r\n", "\r\n..\r\n"},
      {"a\rb\n", "a\rb\r\n"},
      {"a\r", "a\r\r\n"},
      {"\r\r\n", "\r\r\n"},
      {std::string("a\0b\n", 4), std::string("a\0b\r\n", 5)},
  };
  for (const Row& row : rows) {
    for (std::size_t chunk = 1; chunk < 8; ++chunk) {
      for (std::size_t border = 0; border <= row.stored.size(); ++border) {
        const Octets octets{row.stored.substr(0, border), Blob::copy(row.stored), border};
        EXPECT_EQ(encoded(octets, chunk), row.sent) << row.stored << " at " << border;
      }
    }
  }
}

TEST(WireEncoder, SendsAsManyOctetsAsWireSizeSays) {
  std::mt19937 random(7);
  const std::string alphabet("a.\r\n\n\0", 6);
  for (int round = 0; round < 2000; ++round) {
    std::string stored;
    for (auto left = random() % 40; left > 0; --left)
      stored += alphabet[random() % alphabet.size()];
    const Octets octets{stored.substr(0, stored.size() / 2), Blob::copy(stored), stored.size() / 2};
    const std::string sent = encoded(octets, 1 + random() % 9);
    std::size_t stuffed = 0;
    std::size_t unstuffed = 0;
    for (std::size_t at = 0; at < sent.size();) {
      const std::size_t end = sent.find("\r\n", at) + 2;
      ASSERT_NE(end, std::string::npos + 2);
      if (sent[at] == '.') {
        ASSERT_EQ(sent[at + 1], '.');
        ++stuffed;
      }
      unstuffed += end - at;
      at = end;
    }
    EXPECT_EQ(unstuffed - stuffed, wire_size(octets));
  }
}

TEST(WireEncoder, TopCountsBodyLinesOnly) {  // POP3.md 79
  const std::string message = "A: b\nC: d\n\none\n.two\n\nthree";
  const std::string header = "A: b\r\nC: d\r\n\r\n";
  const std::vector<std::pair<std::uint64_t, std::string>> rows{
      {0, header},
      {1, header + "one\r\n"},
      {2, header + "one\r\n..two\r\n"},
      {3, header + "one\r\n..two\r\n\r\n"},
      {4, header + "one\r\n..two\r\n\r\nthree\r\n"},
      {99'999'999, header + "one\r\n..two\r\n\r\nthree\r\n"}};
  for (const auto& [lines, sent] : rows) {
    for (const std::size_t border : {0, 3, 11, 12, 15}) {
      for (const std::size_t chunk : {1, 2, 64}) {
        const Octets octets{message.substr(0, border), Blob::copy(message), border};
        EXPECT_EQ(encoded(octets, chunk, lines), sent);
      }
    }
  }
}

TEST(WireEncoder, TopOfCrlfMessagesAndOfHeadersAlone) {
  const auto top = [](const std::string& message, std::uint64_t lines) {
    return encoded({"", Blob::copy(message), 0}, 64, lines);
  };
  EXPECT_EQ(top("A: b\r\n\r\nx\r\ny\r\n", 1), "A: b\r\n\r\nx\r\n");
  EXPECT_EQ(top("A: b\nC: d\n", 5), "A: b\r\nC: d\r\n");
  EXPECT_EQ(top("\n\n\nx\n", 0), "\r\n");
  EXPECT_EQ(top("", 3), "");
}

}  // namespace
}  // namespace postern
