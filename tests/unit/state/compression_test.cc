#include "state/compression.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(Compression, GivesBackWhatItGot) {
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string(100'000, 'x'), std::string("a\0b", 3)}) {
    const auto read = decompress(compress(bytes), 100'000);
    ASSERT_TRUE(read) << read.error().detail;
    EXPECT_EQ(*read, bytes);
  }
  EXPECT_LT(compress(std::string(100'000, 'x')).size(), 200u);
}

TEST(Compression, RefusesMoreThanTheLimit) {
  const std::string frame = compress(std::string(1001, 'x'));
  EXPECT_EQ(decompress(frame, 1000).error().kind(), Errc::bad_data);
  EXPECT_TRUE(decompress(frame, 1001));
}

TEST(Compression, RefusesDamage) {
  const std::string frame = compress("some text that is long enough to be worth compressing");
  EXPECT_FALSE(decompress("", 1000));
  EXPECT_FALSE(decompress("no frame at all", 1000));
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_FALSE(decompress(frame.substr(0, size), 1000)) << size;
  }
  for (std::size_t i = 0; i < frame.size(); ++i) {
    std::string damaged = frame;
    damaged[i] ^= 0x10;
    const auto read = decompress(damaged, 1000);
    EXPECT_FALSE(read && *read != "some text that is long enough to be worth compressing") << i;
  }
}

}  // namespace
}  // namespace postern
