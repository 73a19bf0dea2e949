// What is particular to the SQLite store: the file, other programs on it, threads and kills.
#include "state/sqlite_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <set>
#include <thread>

#include "base/ascii.h"
#include "base/file.h"
#include "support/kill_loop.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

class SqliteStoreFile : public testing::Test {
 protected:
  std::unique_ptr<SqliteStore> open() const {
    auto store = SqliteStore::open(path_);
    if (!store) throw std::runtime_error(store.error().detail);
    return std::move(*store);
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("a/b/postern.db");
};

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

TEST_F(SqliteStoreFile, OfTheFirstSchemaIsBroughtUpToDate) {
  ASSERT_TRUE(open()->put_setting("a", "b"));
  {
    auto database = SqliteDatabase::open(path_, std::chrono::seconds(1));
    ASSERT_TRUE(database && database->execute("DROP TABLE senders; DROP TABLE rule_scores;"
                                              "DROP TABLE spool; DROP TABLE accounts;"
                                              "DROP TABLE app_passwords; DROP TABLE bans;"
                                              "ALTER TABLE users DROP COLUMN scram_sha_1;"
                                              "ALTER TABLE users DROP COLUMN scram_sha_256;"
                                              "ALTER TABLE users DROP COLUMN sealed_secret;"
                                              "PRAGMA user_version = 1"));
  }
  const auto store = open();
  EXPECT_TRUE(store->put_sender("ann", {SenderList::allow, "b.example", true}));
  EXPECT_EQ(store->list_senders("ann")->size(), 1u);
  EXPECT_EQ(**store->find_setting("a"), "b");
}

TEST_F(SqliteStoreFile, IsPrivateWithAllThatBelongsToIt) {
  const auto store = open();
  ASSERT_TRUE(store->put_setting("a", "b"));
  EXPECT_EQ(mode_of(path_), 0600u);
  EXPECT_EQ(mode_of(path_ + "-wal"), 0600u);
  EXPECT_EQ(mode_of(directory_.path("a/b")), 0700u);
}

TEST_F(SqliteStoreFile, RefusesANewerSchemaAndLeavesItAlone) {
  open();
  {
    auto database = SqliteDatabase::open(path_, std::chrono::milliseconds(0));
    ASSERT_TRUE(database && database->execute("PRAGMA user_version = 999"));
  }
  const auto store = SqliteStore::open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind(), Errc::configuration);
  EXPECT_NE(store.error().detail.find("newer"), std::string::npos);
}

TEST_F(SqliteStoreFile, RefusesADatabaseOfAnotherProgram) {
  ASSERT_TRUE(make_directories(directory_.path("a/b")));
  std::ofstream{path_};
  {
    auto database = SqliteDatabase::open(path_, std::chrono::milliseconds(0));
    ASSERT_TRUE(database && database->execute("CREATE TABLE theirs (x)"));
  }
  const std::string before = *read_file(path_);
  EXPECT_EQ(SqliteStore::open(path_).error().kind(), Errc::configuration);
  EXPECT_EQ(*read_file(path_), before);
}

TEST_F(SqliteStoreFile, NamesAFileThatIsNoDatabase) {
  ASSERT_TRUE(make_directories(directory_.path("a/b")));
  std::ofstream(path_) << std::string(5000, 'x');
  const auto store = SqliteStore::open(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind(), Errc::bad_data);
}

TEST_F(SqliteStoreFile, TwoStoresSeeEachOthersWork) {
  const auto one = open();
  const auto two = open();
  ASSERT_TRUE(one->put_setting("key", "value"));
  EXPECT_EQ(**two->find_setting("key"), "value");
  EXPECT_EQ(*one->reserve_numbers("m", 2), 1u);
  EXPECT_EQ(*two->reserve_numbers("m", 2), 3u);
}

StateStore::NewLesson lesson(const std::string& digest) {
  return {{0, digest, MailClass::spam, "test", {}}, Blob::own("content " + digest)};
}

// Under the tsan preset this is the test of the thread rule.
TEST_F(SqliteStoreFile, ManyThreadsWorkOnOneStore) {
  const auto store = open();
  constexpr int threads = 4, rounds = 25;
  std::atomic<int> failures{0};
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const std::string name = std::to_string(t) + "." + std::to_string(i);
        const auto one = lesson(name);
        StoredVerdict verdict;
        verdict.uid = name;
        const bool done = store->add_lessons({&one, 1}) &&
                          store->put_verdicts("account", {&verdict, 1}) &&
                          store->reserve_numbers("mailbox", 1) && store->find_lesson(name) &&
                          *store->find_verdict("account", name) && store->read_lessons(0, 5) &&
                          store->count_lessons();
        if (!done) ++failures;
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(store->count_lessons()->spam, std::uint64_t{threads * rounds});
  EXPECT_EQ(*store->reserve_numbers("mailbox", 1), std::uint64_t{threads * rounds + 1});
}

TEST_F(SqliteStoreFile, AProcessWaitsForAnotherAndThreadsOpenAtOnce) {
  std::atomic<int> failures{0};
  std::vector<std::thread> workers;
  for (int t = 0; t < 4; ++t) {
    workers.emplace_back([&] {
      const auto store = SqliteStore::open(path_);
      if (!store || !(*store)->reserve_numbers("m", 1)) ++failures;
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(*open()->reserve_numbers("m", 1), 5u);
}

// Batches of three lessons and of three verdicts: whole or not at all, and there once the child
// said so.
TEST_F(SqliteStoreFile, KeepsWhatItAcknowledgedWhenKilled) {
  RandomMoments moments(20240102);
  std::set<std::string> promised;
  open();
  for (int round = 0; round < 30; ++round) {
    const auto from = round % 2 == 0 ? KillFrom::first_acknowledgement : KillFrom::start;
    const std::string said =
        run_and_kill(from, moments.next(), [&](const Acknowledgements& parent) {
          const auto store = SqliteStore::open(path_);
          if (!store) ::_exit(1);
          for (int i = 0;; ++i) {
            const std::string batch = std::to_string(round) + "." + std::to_string(i);
            std::vector<StateStore::NewLesson> lessons;
            std::vector<StoredVerdict> verdicts(3);
            for (std::size_t k = 0; k < 3; ++k) {
              lessons.push_back(lesson(batch + "." + std::to_string(k)));
              verdicts[k].uid = lessons[k].lesson.digest;
            }
            if (!(*store)->add_lessons(lessons)) ::_exit(2);
            if (!(*store)->put_verdicts("account", verdicts)) ::_exit(3);
            parent.say(batch);
          }
        });
    for (const auto batch : split(said, '\n')) {
      if (!batch.empty()) promised.emplace(batch);
    }
  }

  const auto store = open();
  EXPECT_FALSE(promised.empty());
  for (const std::string& batch : promised) {
    for (const char* part : {".0", ".1", ".2"}) {
      EXPECT_TRUE(*store->find_lesson(batch + part)) << batch;
      EXPECT_TRUE(*store->find_verdict("account", batch + part)) << batch;
    }
  }
  const auto all = store->read_lessons(0, 1'000'000);
  ASSERT_TRUE(all);
  EXPECT_EQ(all->size() % 3, 0u);
  for (std::size_t i = 0; i < all->size(); ++i) {
    EXPECT_EQ((*all)[i].lesson.number, i + 1);
    EXPECT_EQ((*all)[i].content.view(), "content " + (*all)[i].lesson.digest);
  }
  auto database = SqliteDatabase::open(path_, std::chrono::milliseconds(1000));
  ASSERT_TRUE(database);
  auto check = database->query("PRAGMA integrity_check");
  ASSERT_TRUE(check && *check->step());
  EXPECT_EQ(check->text(0), "ok");
}

}  // namespace
}  // namespace postern
