#include "base/octets.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(WireSize, CountsCrlfForEveryLineEnd) {
  EXPECT_EQ(wire_size(""), 0u);
  EXPECT_EQ(wire_size("a\n"), 3u);
  EXPECT_EQ(wire_size("a\r\n"), 3u);
  EXPECT_EQ(wire_size("a"), 3u);    // the last line gets an end
  EXPECT_EQ(wire_size("a\r"), 4u);  // a bare CR is not an end
  EXPECT_EQ(wire_size("a\rb\n"), 5u);
  EXPECT_EQ(wire_size("\n\r\n\n"), 6u);
}

TEST(WireSize, OctetsCountHeadAndTailAsOneStream) {
  Octets octets{"X: y\r\n", Blob::copy("Subject: z\nbody"), 0};
  EXPECT_EQ(wire_size(octets), 6u + 12u + 6u);
  octets.body_from = 11;
  EXPECT_EQ(wire_size(octets), 6u + 6u);
}

TEST(WireSize, LineEndSplitBetweenHeadAndTailIsOneLineEnd) {
  const Octets octets{"a\r", Blob::copy("\nb\n"), 0};
  EXPECT_EQ(wire_size(octets), wire_size("a\r\nb\n"));
}

}  // namespace
}  // namespace postern
