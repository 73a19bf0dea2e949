#include "app/file_watch.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "base/file.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

namespace fs = std::filesystem;

// Counts calls; next() waits for one that nobody has waited for.
class Calls {
 public:
  void add() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++made_;
    more_.notify_all();
  }
  bool next() {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool came = more_.wait_for(lock, std::chrono::seconds(60), [this] { return made_ > 0; });
    if (came) --made_;
    return came;
  }

 private:
  std::mutex mutex_;
  std::condition_variable more_;
  int made_ = 0;
};

class FileWatchTest : public ::testing::Test {
 protected:
  std::unique_ptr<FileWatch> watch(std::vector<std::string> paths) {
    auto started = FileWatch::start([paths] { return paths; }, [this] { calls_.add(); });
    EXPECT_TRUE(started);
    return std::move(*started);
  }
  void write(const std::string& name, const std::string& text = "x") {
    std::ofstream(folder_.path(name)) << text;
  }

  TemporaryDirectory folder_;
  Calls calls_;
};

TEST_F(FileWatchTest, SeesEveryWayOfChangingAFolder) {
  ASSERT_TRUE(make_directories(folder_.path("rules")));
  write("aside");
  const auto running = watch({folder_.path("rules")});

  write("rules/a");
  EXPECT_TRUE(calls_.next()) << "written";
  fs::rename(folder_.path("aside"), folder_.path("rules/b"));
  EXPECT_TRUE(calls_.next()) << "renamed into place";
  fs::remove(folder_.path("rules/a"));
  EXPECT_TRUE(calls_.next()) << "removed";
  fs::create_symlink("b", folder_.path("rules/c"));
  EXPECT_TRUE(calls_.next()) << "linked";
  fs::rename(folder_.path("rules"), folder_.path("former"));
  EXPECT_TRUE(calls_.next()) << "the folder is gone";
  ASSERT_TRUE(make_directories(folder_.path("rules")));
  EXPECT_TRUE(calls_.next()) << "and back";
  write("rules/d");
  EXPECT_TRUE(calls_.next()) << "and watched again";
}

TEST_F(FileWatchTest, SeesAFileThroughItsFolderAndItsLink) {
  ASSERT_TRUE(make_directories(folder_.path("far")));
  write("far/text");
  fs::create_symlink(folder_.path("far/text"), folder_.path("link"));
  const auto running = watch({folder_.path("link"), folder_.path("not/yet/there")});

  write("far/text", "y");
  EXPECT_TRUE(calls_.next()) << "written behind the link";
  ASSERT_TRUE(make_directories(folder_.path("not/yet")));
  EXPECT_TRUE(calls_.next()) << "a folder on the way appears";
  write("not/yet/there");
  EXPECT_TRUE(calls_.next()) << "and the file in it";
}

TEST_F(FileWatchTest, AsksAnewWhatToWatch) {
  ASSERT_TRUE(make_directories(folder_.path("first")));
  ASSERT_TRUE(make_directories(folder_.path("second")));
  std::mutex mutex;
  std::vector<std::string> paths{folder_.path("first")};
  auto running = FileWatch::start(
      [&] {
        const std::lock_guard<std::mutex> lock(mutex);
        return paths;
      },
      [&] {
        const std::lock_guard<std::mutex> lock(mutex);
        paths = {folder_.path("first"), folder_.path("second")};
        calls_.add();
      });
  ASSERT_TRUE(running);

  write("first/a");
  ASSERT_TRUE(calls_.next());
  // The second call says that the second folder is watched.
  ASSERT_TRUE(calls_.next());
  write("second/b");
  EXPECT_TRUE(calls_.next());
}

TEST_F(FileWatchTest, EndsAtOnce) {
  for (int i = 0; i < 20; ++i) {
    const auto running = watch({folder_.path()});
    write("file");
  }
}

}  // namespace
}  // namespace postern
