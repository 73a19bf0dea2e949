// An mbox after crashes: at every octet of a rewrite, with mail appended by others in between,
// and by real kills.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/ascii.h"
#include "base/file.h"
#include "store/mbox.h"
#include "store/mbox_journal.h"
#include "store/memory_mailbox.h"
#include "support/kill_loop.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

std::string stored(int number) {
  return "From a@example.org Mon Jan  1 10:00:00 2024\nSubject: " + std::to_string(number) +
         "\n\n" + std::string(static_cast<std::size_t>(number % 7) * 11, 'x') + "\n\n";
}

std::string range(int first, int last) {
  std::string bytes;
  for (int i = first; i <= last; ++i) bytes += stored(i);
  return bytes;
}

void put(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class MboxCrash : public testing::Test {
 protected:
  // The file after the next session that opens it.
  std::string after_recovery() {
    MemoryIndex index;
    const auto mbox = Mbox::open(path_, index);
    EXPECT_TRUE(mbox) << mbox.error().detail;
    return *read_file(path_);
  }
  std::size_t files_beside() const {
    const auto names = list_directory(directory_.path());
    return names->size() - 1;
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("mbox");
  const std::string old_ = range(1, 5);
  // Messages 2 and 4 leave.
  const std::vector<MboxSpan> removed_ = {split_mbox(old_)[1], split_mbox(old_)[3]};
  const MboxRewrite rewrite_ = rewrite_without(old_, removed_);
  const std::string wanted_ = stored(1) + stored(3) + stored(5);
};

TEST_F(MboxCrash, BeforeTheJournalIsWholeNothingHappened) {
  put(path_, old_);
  put(journal_path(path_) + ".tmp.1.0", encode_journal(rewrite_).substr(0, 50));
  EXPECT_EQ(after_recovery(), old_);
}

TEST_F(MboxCrash, AtEveryOctetOfTheRewriteItIsFinished) {
  for (std::size_t written = 0; written <= rewrite_.tail.size(); ++written) {
    put(path_, old_.substr(0, rewrite_.first) + rewrite_.tail.substr(0, written) +
                   old_.substr(rewrite_.first + written));
    put(journal_path(path_), encode_journal(rewrite_));
    ASSERT_EQ(after_recovery(), wanted_) << "after " << written << " octets";
    ASSERT_EQ(files_beside(), 0u);
  }
}

TEST_F(MboxCrash, AfterTheCutOnlyTheJournalGoes) {
  put(path_, wanted_);
  put(journal_path(path_), encode_journal(rewrite_));
  EXPECT_EQ(after_recovery(), wanted_);
  EXPECT_EQ(files_beside(), 0u);
}

TEST_F(MboxCrash, MailThatCameAfterTheCrashStays) {
  for (const std::string& arrived : {stored(6), range(6, 30)}) {
    for (std::size_t written = 0; written <= rewrite_.tail.size(); written += 13) {
      put(path_, old_.substr(0, rewrite_.first) + rewrite_.tail.substr(0, written) +
                     old_.substr(rewrite_.first + written) + arrived);
      put(journal_path(path_), encode_journal(rewrite_));
      ASSERT_EQ(after_recovery(), wanted_ + arrived) << "after " << written << " octets";
    }
    put(path_, wanted_ + arrived);
    put(journal_path(path_), encode_journal(rewrite_));
    EXPECT_EQ(after_recovery(), wanted_ + arrived);
    EXPECT_EQ(files_beside(), 0u);
  }
}

TEST_F(MboxCrash, AFileThatSomebodyElseRewroteIsLeftAloneAndTheJournalKept) {
  const std::string other = range(11, 13);
  put(path_, other);
  put(journal_path(path_), encode_journal(rewrite_));
  EXPECT_EQ(after_recovery(), other);
  EXPECT_EQ(files_beside(), 1u);  // mbox.postern-rescue.*
  EXPECT_FALSE(is_file(journal_path(path_)));
}

TEST_F(MboxCrash, ADamagedJournalChangesNothingAndIsKept) {
  std::string journal = encode_journal(rewrite_);
  journal[journal.size() / 2] ^= 1;
  put(path_, old_);
  put(journal_path(path_), journal);
  EXPECT_EQ(after_recovery(), old_);
  EXPECT_EQ(files_beside(), 1u);
}

TEST_F(MboxCrash, AJournalOfSomebodyElseIsRefused) {
  put(path_, old_);
  put(journal_path(path_), encode_journal(rewrite_));
  if (::chown(journal_path(path_).c_str(), 12345, 12345) != 0) GTEST_SKIP() << "needs root";
  MemoryIndex index;
  EXPECT_EQ(Mbox::open(path_, index).error().kind(), Errc::configuration);
  EXPECT_EQ(*read_file(path_), old_);
}

std::set<int> numbers_in(Mailbox& mailbox) {
  std::set<int> numbers;
  for (std::size_t i = 0; i < mailbox.entries().size(); ++i) {
    const auto blob = mailbox.read(i);
    if (!blob) throw std::runtime_error(blob.error().detail);
    const auto line = split(blob->view(), '\n')[0];
    numbers.insert(static_cast<int>(parse_decimal(line.substr(line.rfind(' ') + 1)).value_or(0)));
  }
  return numbers;
}

// A delivery agent appends while children remove every third message and are killed. A message
// may be gone only when its removal was announced, and is gone when it was acknowledged.
TEST_F(MboxCrash, NothingIsLostWhenProcessesAreKilled) {
  RandomMoments moments(20240101);
  std::set<int> expected, perhaps_removed;
  int next = 1;
  put(path_, "");
  for (int round = 0; round < 30; ++round) {
    std::string arrived;
    for (int i = 0; i < 20; ++i, ++next) {
      arrived += stored(next);
      expected.insert(next);
    }
    std::ofstream(path_, std::ios::binary | std::ios::app) << arrived;

    const auto from = round % 2 == 0 ? KillFrom::first_acknowledgement : KillFrom::start;
    const std::string said =
        run_and_kill(from, moments.next(), [&](const Acknowledgements& parent) {
          while (true) {
            MemoryIndex index;
            const auto mbox = Mbox::open(path_, index);
            if (!mbox) ::_exit(1);
            const auto shown = numbers_in(**mbox);
            if (shown.size() < 3) return;
            const std::size_t victim = shown.size() / 3;
            const std::string number = std::to_string(*std::next(shown.begin(), int(victim)));
            parent.say("begin " + number);
            const std::vector<std::size_t> indexes = {victim};
            if (!(*mbox)->remove(indexes)) ::_exit(2);
            parent.say("done " + number);
          }
        });
    for (const auto line : split(said, '\n')) {
      const auto space = line.find(' ');
      if (space == line.npos) continue;
      const int number = static_cast<int>(*parse_decimal(line.substr(space + 1)));
      if (line.starts_with("begin")) perhaps_removed.insert(number);
      if (line.starts_with("done")) {
        perhaps_removed.erase(number);
        ASSERT_EQ(expected.erase(number), 1u);
      }
    }
    MemoryIndex index;
    const auto mbox = Mbox::open(path_, index);
    ASSERT_TRUE(mbox) << mbox.error().detail;
    const std::set<int> there = numbers_in(**mbox);
    for (const int number : there) ASSERT_TRUE(expected.contains(number)) << number;
    for (const int number : expected) {
      ASSERT_TRUE(there.contains(number) || perhaps_removed.contains(number)) << number;
    }
    expected = there;
    perhaps_removed.clear();
    std::string whole;
    for (const int number : there) whole += stored(number);
    ASSERT_EQ(*read_file(path_), whole);
  }
}

}  // namespace
}  // namespace postern
