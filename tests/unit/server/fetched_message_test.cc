#include "server/fetched_message.h"

#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace postern {
namespace {

TEST(FetchedMessage, IsWhatWasAdded) {
  const TemporaryDirectory directory;
  const std::string folder = directory.path("tmp");
  for (const std::size_t pieces :
       {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{40}}) {
    FetchedMessage message(folder);
    std::string all;
    for (std::size_t i = 0; i < pieces; ++i) {
      std::string piece(64 * 1024, static_cast<char>('a' + i % 26));
      all += piece;
      ASSERT_TRUE(message.add(std::move(piece)));
    }
    const Result<Blob> blob = message.finish();
    ASSERT_TRUE(blob);
    EXPECT_EQ(blob->view(), all) << pieces;
  }
}

TEST(FetchedMessage, ALargeOneLeavesNoFileAndOutlivesItself) {
  const TemporaryDirectory directory;
  const std::string folder = directory.path("tmp");
  Blob kept;
  {
    FetchedMessage message(folder);
    EXPECT_TRUE(message.would_block(FetchedMessage::memory_limit + 1));
    ASSERT_TRUE(message.add(std::string(FetchedMessage::memory_limit + 1, 'x')));
    kept = *message.finish();
    EXPECT_TRUE(list_directory(folder)->empty());
  }
  EXPECT_EQ(kept.size(), FetchedMessage::memory_limit + 1);
  EXPECT_EQ(kept.view().back(), 'x');
}

TEST(FetchedMessage, ASmallOneNeedsNoFolder) {
  // Nothing can be made below a device.
  FetchedMessage message("/dev/null/folder");
  EXPECT_FALSE(message.would_block(100));
  ASSERT_TRUE(message.add("small"));
  EXPECT_EQ(message.finish()->view(), "small");
  FetchedMessage large("/dev/null/folder");
  EXPECT_FALSE(large.add(std::string(FetchedMessage::memory_limit + 1, 'x')));
}

}  // namespace
}  // namespace postern
