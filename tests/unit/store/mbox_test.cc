#include "store/mbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "base/file.h"
#include "store/memory_mailbox.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using namespace std::chrono_literals;

constexpr const char* separator = "From a@example.org Mon Jan  1 10:00:00 2024\n";

TEST(MboxSeparator, NeedsADateNearItsEnd) {
  const struct {
    const char* line;
    bool separates;
  } rows[] = {
      {"From a@example.org Mon Jan  1 10:00:00 2024", true},
      {"From a@example.org Mon Jan  1 10:00 2024", true},
      {"From a@example.org Mon Jan  1 10:00:00 MET 2024", true},
      {"From a@example.org Mon Jan  1 10:00:00 2024 +0100", true},
      {"From a@example.org Mon Jan  1 10:00:00 2024 remote from host", true},
      {"From \"a b c\"@example.org Mon Jan  1 10:00:00 2024", true},
      {"From a@example.org Mon, 1 Jan 2024 10:00:00 +0000", true},
      {"From - Mon Jan  1 10:00:00 2024", true},
      {"From  Mon Jan  1 10:00:00 2024", true},
      {"From me to you", false},
      {"From Mon to Fri", false},
      {"From a@example.org Mon Jan  1 2024", false},
      {"From a@example.org Mon Jan  1 10:00:00", false},
      {"From a@example.org Mon 1 10:00:00 2024", false},
      {"From a@example.org Jan  1 10:00:00 2024", false},
      {"From: a@example.org Mon Jan  1 10:00:00 2024", false},
      {">From a@example.org Mon Jan  1 10:00:00 2024", false},
      {"from a@example.org Mon Jan  1 10:00:00 2024", false},
      {"From ", false},
  };
  for (const auto& row : rows) EXPECT_EQ(is_mbox_separator(row.line), row.separates) << row.line;
  EXPECT_FALSE(is_mbox_separator("From " + std::string(2000, 'x') + " Mon Jan  1 10:00:00 2024"));
}

TEST(MboxQuoting, OneAngleLessOnQuotedLinesAlone) {
  const std::string text = ">From a\n>>From b\n> From c\n>Fromage\nx >From\n>From no end";
  EXPECT_EQ(unquote_from_lines(text), "From a\n>From b\n> From c\n>Fromage\nx >From\nFrom no end");
  EXPECT_EQ(count_quoted_lines(text), 3u);
}

TEST(MboxDigest, IgnoresWhatMailReadersWrite) {
  const std::string plain = mbox_digest("Subject: a\n\nbody\n");
  EXPECT_EQ(mbox_digest("Subject: a\nStatus: RO\nX-Keywords: a\n b\n\nbody\n"), plain);
  EXPECT_EQ(mbox_digest("Status: O\nSubject: a\nX-UID: 7\nX-IMAPbase: 1 2\n\nbody\n\n\n"), plain);
  EXPECT_EQ(mbox_digest("content-length: 9\nSubject: a\nLines: 1\n\nbody"), plain);
  EXPECT_NE(mbox_digest("Subject: a\n\nStatus: RO\nbody\n"), plain);
  EXPECT_NE(mbox_digest("Subject: a\nStatuses: RO\n\nbody\n"), plain);
  EXPECT_NE(mbox_digest("Subject: a\n\nbody \n"), plain);
}

class MboxFile : public testing::Test {
 protected:
  void put(std::string_view bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  std::unique_ptr<Mbox> open() {
    auto mbox = Mbox::open(path_, index_, 0ms);
    if (!mbox) throw std::runtime_error(mbox.error().detail);
    return std::move(*mbox);
  }
  std::vector<std::string> uids() {
    std::vector<std::string> all;
    const auto mailbox = open();
    for (const Entry& entry : mailbox->entries()) all.push_back(entry.uid);
    return all;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("mbox");
  MemoryIndex index_;
};

std::string three() {
  const std::string one = separator + std::string("Subject: 1\n\none\n\n");
  const std::string two = separator + std::string("Subject: 2\n\ntwo\n\n");
  const std::string three = separator + std::string("Subject: 3\n\nthree\n\n");
  return one + two + three;
}

TEST_F(MboxFile, RefusesAFileThatIsNoMbox) {
  put("root:x:0:0:root:/root:/bin/sh\n");
  const auto mbox = Mbox::open(path_, index_, 0ms);
  ASSERT_FALSE(mbox);
  EXPECT_EQ(mbox.error().kind(), Errc::bad_data);
}

TEST_F(MboxFile, UidsStayWhenAReaderMarksMessages) {
  put(three());
  const auto before = uids();
  std::string marked = three();
  marked.insert(marked.find("Subject: 2"), "Status: RO\n");
  put(marked);
  EXPECT_EQ(uids(), before);
}

TEST_F(MboxFile, UidsOfIdenticalMessagesStayWhenMoreArrive) {
  put(three() + three());
  const auto before = uids();
  put(three() + three() + three());
  auto after = uids();
  ASSERT_EQ(after.size(), 9u);
  after.resize(6);
  EXPECT_EQ(after, before);
}

TEST_F(MboxFile, InternalDataIsHiddenAndKept) {
  const std::string internal =
      "From MAILER-DAEMON Mon Jan  1 10:00:00 2024\n"
      "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\nx\n\n";
  put(internal + three());
  const auto mbox = open();
  ASSERT_EQ(mbox->entries().size(), 3u);
  const std::vector<std::size_t> all = {0, 1, 2};
  ASSERT_TRUE(mbox->remove(all));
  EXPECT_EQ(*read_file(path_), internal);
}

TEST_F(MboxFile, RemovingKeepsModeAndFile) {
  put(three());
  ASSERT_EQ(::chmod(path_.c_str(), 0640), 0);
  struct stat before {
  }, after{};
  ASSERT_EQ(::stat(path_.c_str(), &before), 0);
  const std::vector<std::size_t> first = {0};
  ASSERT_TRUE(open()->remove(first));
  ASSERT_EQ(::stat(path_.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(*read_file(path_), three().substr(three().find("From ", 1)));
}

TEST_F(MboxFile, RemovesTheMessagesThatWereShownAfterOthersMovedThem) {
  put(three());
  const auto mbox = open();
  const std::string newer = separator + std::string("Subject: 4\n\nfour\n\n");
  std::string marked = three();
  marked.insert(marked.find("Subject: 1"), "Status: RO\n");
  put(newer + marked);
  EXPECT_EQ(mbox->read(2)->view(), "Subject: 3\n\nthree\n");
  const std::vector<std::size_t> indexes = {0, 2};
  ASSERT_TRUE(mbox->remove(indexes));
  EXPECT_EQ(*read_file(path_), newer + separator + "Subject: 2\n\ntwo\n\n");
}

TEST_F(MboxFile, OfIdenticalMessagesNeverMoreLeaveThanWereAskedFor) {
  const std::string one = separator + std::string("Subject: 1\n\none\n\n");
  put(one + one + one);
  const auto mbox = open();
  put(one + one);  // another client removed one of the three
  const std::vector<std::size_t> indexes = {0, 1};
  ASSERT_TRUE(mbox->remove(indexes));
  EXPECT_EQ(*read_file(path_), one);
}

TEST_F(MboxFile, AMailboxRemovedByAnotherProgramCountsAsEmptied) {
  put(three());
  const auto mbox = open();
  std::filesystem::remove(path_);
  EXPECT_EQ(mbox->read(0).error().kind(), Errc::no_input);
  const std::vector<std::size_t> all = {0, 1, 2};
  EXPECT_TRUE(mbox->remove(all));
  EXPECT_TRUE(index_.load()->empty());
}

TEST_F(MboxFile, IsBusyWhileAnotherProgramHoldsTheDotlock) {
  put(three());
  const auto mbox = open();
  std::ofstream(path_ + ".lock") << "1:some-other-host\n";
  EXPECT_EQ(Mbox::open(path_, index_, 0ms).error().kind(), Errc::busy);
  EXPECT_EQ(mbox->read(0)->view(), "Subject: 1\n\none\n");  // is proved by its digest
  const std::vector<std::size_t> all = {0, 1, 2};
  EXPECT_EQ(mbox->remove(all).error().kind(), Errc::busy);
  EXPECT_EQ(*read_file(path_), three());
  std::filesystem::remove(path_ + ".lock");
  EXPECT_TRUE(mbox->remove(all));
}

TEST_F(MboxFile, IsBusyWhileAnotherProgramHoldsTheFcntlLock) {
  put(three());
  const FileHandle other(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  ASSERT_EQ(::fcntl(other.get(), F_OFD_SETLK, &range), 0);
  EXPECT_EQ(Mbox::open(path_, index_, 0ms).error().kind(), Errc::busy);
  EXPECT_FALSE(is_file(path_ + ".lock"));
}

TEST_F(MboxFile, BreaksADotlockThatIsOld) {
  put(three());
  std::ofstream(path_ + ".lock") << "0\n";
  std::filesystem::last_write_time(path_ + ".lock",
                                   std::filesystem::file_time_type::clock::now() - 6min);
  EXPECT_EQ(open()->entries().size(), 3u);
  EXPECT_FALSE(is_file(path_ + ".lock"));
}

}  // namespace
}  // namespace postern
