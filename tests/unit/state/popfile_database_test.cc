#include "state/popfile_database.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "state/sqlite.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

TEST(PopfileDatabase, GivesTheWordsOfRealBuckets) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/popfile.db";
  ASSERT_TRUE(write_file_atomically(path, ""));
  auto database = SqliteDatabase::open(path, std::chrono::seconds(1));
  ASSERT_TRUE(database);
  ASSERT_TRUE(database->execute(
      "CREATE TABLE buckets (id integer primary key, userid integer, name varchar(255), pseudo int,"
      " comment varchar(255));"
      "CREATE TABLE words (id integer primary key, word varchar(255));"
      "CREATE TABLE matrix (id integer primary key, wordid integer, bucketid integer, times "
      "integer,"
      " lastseen date);"
      "INSERT INTO buckets VALUES (1,1,'spam',0,''),(2,1,'work',0,''),(3,1,'unclassified',1,'');"
      "INSERT INTO words VALUES (1,'cash'),(2,'agenda');"
      "INSERT INTO matrix VALUES "
      "(1,1,1,12,''),(2,2,2,7,''),(3,2,1,1,''),(4,1,3,99,''),(5,1,2,-4,'');"));

  std::string read;
  const auto done = read_popfile_database(
      path, [&](std::string_view bucket, std::string_view word, std::uint64_t times) {
        read += std::string(bucket) + " " + std::string(word) + " " + std::to_string(times) + "; ";
      });

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(read, "spam cash 12; spam agenda 1; work cash 0; work agenda 7; ");
}

TEST(PopfileDatabase, RefusesOtherFiles) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() + "/other.db";
  ASSERT_TRUE(write_file_atomically(path, "this is no database, only text that goes on a while"));
  const auto nothing = [](std::string_view, std::string_view, std::uint64_t) {};

  EXPECT_FALSE(read_popfile_database(path, nothing));
  EXPECT_EQ(read_popfile_database(folder.path() + "/none", nothing).error().kind(), Errc::no_input);
}

}  // namespace
}  // namespace postern
