#include "popcheck/fixture.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/file.h"

namespace popcheck {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::path(testing::TempDir()) / "popcheck-fixture";
  Folder() { fs::remove_all(path); }
  ~Folder() { fs::remove_all(path); }
};

TEST(PopcheckFixture, EveryMessageBeginsWithItsField) {
  for (const Fixture& one : fixtures()) {
    EXPECT_EQ(one.message.rfind(fixture_field(one.name) + "\n", 0), 0u) << one.name;
  }
}

TEST(PopcheckFixture, IsWrittenAsAMaildirWithEveryMessage) {
  const Folder folder;
  ASSERT_TRUE(write_fixture(folder.path.string()));
  std::multiset<std::string> stored;
  for (const auto& entry : fs::directory_iterator(folder.path / "new")) {
    const auto bytes = postern::read_file(entry.path().string());
    ASSERT_TRUE(bytes);
    stored.insert(*bytes);
  }
  std::multiset<std::string> wanted;
  for (const Fixture& one : fixtures()) wanted.insert(one.message);
  EXPECT_EQ(stored, wanted);
  EXPECT_TRUE(fs::is_directory(folder.path / "cur"));
  EXPECT_TRUE(fs::is_empty(folder.path / "tmp"));
}

TEST(PopcheckFixture, SaysWhatCannotBeWritten) {
  const auto written = write_fixture("/proc/popcheck-cannot-write-here");
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().detail.find("/proc/popcheck-cannot-write-here"), std::string::npos);
}

}  // namespace
}  // namespace popcheck
