#include "store/maildir.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "store/maildir_name.h"
#include "store/memory_mailbox.h"
#include "store/open_mailbox.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

TEST(MaildirName, BaseNameEndsAtTheColon) {
  EXPECT_EQ(maildir_base_name("1.M2P3.host:2,FS"), "1.M2P3.host");
  EXPECT_EQ(maildir_base_name("1.M2P3.host"), "1.M2P3.host");
  EXPECT_EQ(maildir_base_name("1.M2P3.host,S=5,W=6:2,"), "1.M2P3.host,S=5,W=6");
}

TEST(MaildirName, SizesAreReadWhereTheyAreWhole) {
  const struct {
    const char* name;
    std::optional<std::uint64_t> stored, wire;
  } rows[] = {
      {"1.M2P3.host,S=12,W=34", 12, 34},
      {"1.M2P3.host,W=34,S=12", 12, 34},
      {"1.M2P3.host,S=12", 12, std::nullopt},
      {"1.M2P3.host", std::nullopt, std::nullopt},
      {"1.M2P3.host,S=,W=x", std::nullopt, std::nullopt},
      {"1.M2P3.host,S=-1,W=99999999999999999999", std::nullopt, std::nullopt},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(maildir_sizes(row.name).stored, row.stored) << row.name;
    EXPECT_EQ(maildir_sizes(row.name).wire, row.wire) << row.name;
  }
}

TEST(MaildirName, TimeIsTheNumberInFrontAndTheMicroseconds) {
  const struct {
    const char* name;
    std::uint64_t seconds, microseconds;
  } rows[] = {
      {"1700000000.M123456P7.host", 1700000000, 123456},
      {"1700000000.P7Q1M42.host", 1700000000, 42},
      {"1700000000.V801I4fM99.host", 1700000000, 99},
      {"1700000000.7_1.Mhost", 1700000000, 0},
      {"1700000000", 1700000000, 0},
      {"letter", 0, 0},
      {"99999999999999999999.M1", 0, 1},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(maildir_time(row.name), (MaildirTime{row.seconds, row.microseconds})) << row.name;
  }
}

TEST(MaildirName, UnfitNamesHaveADerivedUid) {
  EXPECT_EQ(maildir_uid("1.M2P3.host"), "1.M2P3.host");
  EXPECT_EQ(maildir_uid(std::string(70, 'x')), std::string(70, 'x'));
  const std::string derived = maildir_uid("a b");
  EXPECT_EQ(derived.size(), 68u);
  EXPECT_NE(maildir_uid(std::string(71, 'x')), maildir_uid(std::string(72, 'x')));
  // A file may not pass itself off as another one.
  EXPECT_NE(maildir_uid(derived), derived);
}

// Counts what is asked of it.
class CountingIndex final : public MessageIndex {
 public:
  Result<std::vector<IndexedMessage>> load() override { return index_.load(); }
  Result<void> update(std::span<const IndexedMessage> added,
                      std::span<const std::string> forgotten) override {
    added_ += added.size();
    forgotten_ += forgotten.size();
    return index_.update(added, forgotten);
  }
  Result<std::uint64_t> reserve_numbers(std::uint64_t count) override {
    return index_.reserve_numbers(count);
  }

  std::size_t added_ = 0, forgotten_ = 0;

 private:
  MemoryIndex index_;
};

class MaildirFolder : public testing::Test {
 protected:
  MaildirFolder() {
    for (const char* folder : {"tmp", "new", "cur"}) {
      std::filesystem::create_directory(directory_.path(folder));
    }
  }
  void put(const std::string& name, std::string_view bytes) const {
    std::ofstream(directory_.path(name), std::ios::binary) << bytes;
  }
  void move(const std::string& from, const std::string& to) const {
    std::filesystem::rename(directory_.path(from), directory_.path(to));
  }
  bool exists(const std::string& name) const {
    return std::filesystem::exists(directory_.path(name));
  }
  std::unique_ptr<Maildir> open() {
    auto maildir = Maildir::open(directory_.path(), index_);
    if (!maildir) throw std::runtime_error(maildir.error().detail);
    return std::move(*maildir);
  }
  std::vector<std::string> uids() {
    std::vector<std::string> all;
    const auto mailbox = open();
    for (const Entry& entry : mailbox->entries()) all.push_back(entry.uid);
    return all;
  }

  TemporaryDirectory directory_;
  CountingIndex index_;
};

TEST_F(MaildirFolder, OrdersByTimeThenMicrosecondsThenName) {
  put("new/10.M5P1.h", "");
  put("new/9.M9P1.h", "");
  put("cur/10.M40P1.h:2,S", "");
  put("cur/10.M40P0.h:2,", "");
  put("new/2.h", "");
  EXPECT_EQ(uids(),
            (std::vector<std::string>{"2.h", "9.M9P1.h", "10.M5P1.h", "10.M40P0.h", "10.M40P1.h"}));
}

TEST_F(MaildirFolder, IgnoresHiddenAndUnfinishedFilesAndFolders) {
  put("tmp/1.h", "unfinished");
  put("new/.hidden", "x");
  std::filesystem::create_directory(directory_.path("cur/folder"));
  put("new/2.h", "x");
  EXPECT_EQ(uids(), std::vector<std::string>{"2.h"});
}

TEST_F(MaildirFolder, FollowsMessagesThatMoveAndChangeFlags) {
  put("new/1.h", "one\n");
  put("new/2.h", "two\n");
  const auto maildir = open();
  move("new/1.h", "cur/1.h:2,");
  EXPECT_EQ(maildir->read(0)->view(), "one\n");
  move("cur/1.h:2,", "cur/1.h:2,S");
  move("new/2.h", "cur/2.h:2,F");
  const std::vector<std::size_t> first = {0};
  ASSERT_TRUE(maildir->remove(first));
  EXPECT_FALSE(exists("cur/1.h:2,S"));
  EXPECT_EQ(maildir->read(1)->view(), "two\n");
  EXPECT_EQ(maildir->read(0).error().kind(), Errc::no_input);
}

TEST_F(MaildirFolder, TakesASizeFromTheNameOnlyWhereItFitsTheFile) {
  const struct {
    const char* name;
    const char* bytes;
    std::uint64_t size;
  } rows[] = {
      {"1.h,S=4,W=6", "a\nb\n", 6},    // right
      {"2.h,W=6", "a\nb\n", 6},        // right, without S
      {"3.h,S=3,W=4", "a\nb", 6},      // the wire form ends the last line
      {"4.h,S=9,W=12", "a\nb\n", 6},   // S is not the size of the file
      {"5.h,S=4,W=3", "a\nb\n", 6},    // smaller than the file
      {"6.h,S=4,W=900", "a\nb\n", 6},  // larger than any form of the file
      {"7.h,S=0,W=0", "", 0},         {"8.h,S=4", "a\nb\n", 6},
  };
  for (const auto& row : rows) put("new/" + std::string(row.name), row.bytes);
  const auto maildir = open();
  ASSERT_EQ(maildir->entries().size(), std::size(rows));
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    EXPECT_EQ(maildir->entries()[i].size, rows[i].size) << rows[i].name;
  }
}

TEST_F(MaildirFolder, TheIndexLearnsOnceAndForgetsWhatIsGone) {
  put("new/1.h", "one\n");
  put("new/2.h", "two\n");
  open();
  EXPECT_EQ(index_.added_, 2u);
  move("new/1.h", "cur/1.h:2,S");
  open();
  EXPECT_EQ(index_.added_, 2u);
  EXPECT_EQ(index_.forgotten_, 0u);
  std::filesystem::remove(directory_.path("new/2.h"));
  open();
  EXPECT_EQ(index_.forgotten_, 1u);
  EXPECT_EQ(index_.load()->size(), 1u);
}

TEST_F(MaildirFolder, ASizeThatProvesWrongIsRightInTheNextSession) {
  put("new/1.h,S=4,W=5", "a\nb\n");  // a lie that cannot be seen without reading
  const auto maildir = open();
  EXPECT_EQ(maildir->entries()[0].size, 5u);
  EXPECT_EQ(maildir->read(0)->view(), "a\nb\n");
  EXPECT_EQ(open()->entries()[0].size, 6u);

  put("new/1.h,S=4,W=5", "another file under the same name\n");
  ASSERT_TRUE(open()->read(0));
  EXPECT_EQ(open()->entries()[0].size, 34u);
}

TEST_F(MaildirFolder, AMessageThatCannotBeReadIsAnErrorThatNamesIt) {
  put("new/1.h", "secret\n");
  std::filesystem::permissions(directory_.path("new/1.h"), std::filesystem::perms::none);
  if (::geteuid() == 0) GTEST_SKIP() << "everything is readable for root";
  const auto maildir = Maildir::open(directory_.path(), index_);
  ASSERT_FALSE(maildir);
  EXPECT_NE(maildir.error().detail.find("1.h"), std::string::npos);
}

TEST(OpenMailbox, KnowsAMaildirAnMboxAndAMailboxToBe) {
  const TemporaryDirectory directory;
  MemoryIndex index;
  std::filesystem::create_directories(directory.path("maildir/new"));
  std::ofstream(directory.path("maildir/new/1.h")) << "x\n";
  std::filesystem::create_directory(directory.path("empty"));
  std::ofstream(directory.path("mbox")) << "From a Mon Jan  1 10:00:00 2024\nSubject: x\n\n";
  std::ofstream(directory.path("empty-file"));
  EXPECT_EQ((*open_mailbox(directory.path("maildir"), index))->entries().size(), 1u);
  EXPECT_EQ((*open_mailbox(directory.path("mbox"), index))->entries().size(), 1u);
  for (const char* to_be : {"empty", "empty-file", "missing"}) {
    MemoryIndex fresh;
    const auto mailbox = open_mailbox(directory.path(to_be), fresh);
    ASSERT_TRUE(mailbox) << mailbox.error().detail;
    EXPECT_TRUE((*mailbox)->entries().empty());
  }
}

TEST(OpenMailbox, RefusesWhatWouldHideMail) {
  const TemporaryDirectory directory;
  MemoryIndex index;
  std::filesystem::create_directories(directory.path("other/things"));
  EXPECT_EQ(open_mailbox(directory.path("other"), index).error().kind(), Errc::configuration);
  EXPECT_EQ(open_mailbox(directory.path("no/folder"), index).error().kind(), Errc::no_input);
}

TEST(OpenMailbox, ADiskThatIsNotMountedIsNoEmptyMailbox) {  // POP3.md 68
  const TemporaryDirectory directory;
  MemoryIndex index;
  const std::string disk = directory.path("disk");
  std::filesystem::create_directories(disk + "/ann/new");
  std::ofstream(disk + "/ann/new/1.h") << "x\n";
  ASSERT_EQ((*open_mailbox(disk + "/ann", index))->entries().size(), 1u);

  std::filesystem::rename(disk, directory.path("unmounted"));
  std::filesystem::create_directories(disk + "/ann");
  EXPECT_EQ(open_mailbox(disk + "/ann", index).error().kind(), Errc::unavailable);
  std::filesystem::remove(disk + "/ann");
  EXPECT_EQ(open_mailbox(disk + "/ann", index).error().kind(), Errc::unavailable);

  std::filesystem::remove(disk);
  std::filesystem::rename(directory.path("unmounted"), disk);
  EXPECT_EQ((*open_mailbox(disk + "/ann", index))->entries().size(), 1u);
}

}  // namespace
}  // namespace postern
