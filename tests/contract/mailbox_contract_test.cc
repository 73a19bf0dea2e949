// What every Mailbox must do, whatever its format.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/octets.h"
#include "server/spool_mailbox.h"
#include "server/spool_upkeep.h"
#include "state/memory_store.h"
#include "store/mbox_format.h"
#include "store/memory_mailbox.h"
#include "store/open_mailbox.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

// A place under test, and the other programs that work on it.
class Place {
 public:
  virtual ~Place() = default;
  // A delivery agent's work.
  virtual void deliver(const std::string& stored) = 0;
  // Another client removes the message with this number, counted in order of arrival.
  virtual void remove_elsewhere(std::size_t number) = 0;
  virtual std::unique_ptr<Mailbox> open() = 0;
};

std::unique_ptr<Mailbox> opened(const std::string& path, MessageIndex& index) {
  auto mailbox = open_mailbox(path, index);
  if (!mailbox) throw std::runtime_error(mailbox.error().detail);
  return std::move(*mailbox);
}

class MemoryPlace final : public Place {
 public:
  void deliver(const std::string& stored) override { maildrop_.deliver(stored); }
  void remove_elsewhere(std::size_t number) override {
    const auto mailbox = open();
    maildrop_.remove(mailbox->entries()[number].uid);
  }
  std::unique_ptr<Mailbox> open() override { return maildrop_.open(); }

 private:
  MemoryMaildrop maildrop_;
};

class MaildirPlace final : public Place {
 public:
  MaildirPlace() {
    for (const char* folder : {"tmp", "new", "cur"}) {
      std::filesystem::create_directory(directory_.path(folder));
    }
  }
  void deliver(const std::string& stored) override {
    const std::string name = std::to_string(1700000000 + count_++) + ".M1P2.host";
    std::ofstream(directory_.path("tmp/" + name), std::ios::binary) << stored;
    std::filesystem::rename(directory_.path("tmp/" + name), directory_.path("new/" + name));
  }
  void remove_elsewhere(std::size_t number) override {
    const auto mailbox = open();
    std::filesystem::remove(directory_.path("new/" + mailbox->entries()[number].uid));
  }
  std::unique_ptr<Mailbox> open() override { return opened(directory_.path(), index_); }

 private:
  TemporaryDirectory directory_;
  MemoryIndex index_;
  int count_ = 0;
};

class MboxPlace final : public Place {
 public:
  void deliver(const std::string& stored) override {
    std::ofstream file(path_, std::ios::binary | std::ios::app);
    file << "From sender@example.org Mon Jan  1 00:00:00 2024\n";
    std::string_view left = stored;
    while (!left.empty()) {
      const auto newline = left.find('\n');
      const std::string_view line = left.substr(0, newline);
      const std::string_view unquoted =
          line.substr(std::min(line.find_first_not_of('>'), line.size()));
      file << (unquoted.starts_with("From ") ? ">" : "") << line << "\n";
      left.remove_prefix(newline == left.npos ? left.size() : newline + 1);
    }
    file << "\n";
  }
  void remove_elsewhere(std::size_t number) override {
    const std::string bytes = *read_file(path_);
    const MboxSpan span = split_mbox(bytes)[number];
    std::ofstream(path_, std::ios::binary) << bytes.substr(0, span.from) << bytes.substr(span.next);
  }
  std::unique_ptr<Mailbox> open() override { return opened(path_, index_); }

 private:
  TemporaryDirectory directory_;
  const std::string path_ = directory_.path("mbox");
  MemoryIndex index_;
};

// What a provider had, fetched ahead.
class SpoolPlace final : public Place {
 public:
  SpoolPlace() {
    StoredAccount account;
    account.name = account.user = "ann";
    id_ = *store_.add_account(account);
  }
  void deliver(const std::string& stored) override {
    const std::string uid = "there-" + std::to_string(count_++);
    const std::string digest = to_hex(sha256(stored));
    const SpoolFolder folder(directory_.path());
    const bool put = folder.put(SpoolFolder::name_of(uid, digest), stored) && folder.sync();
    const SpooledMessage row{
        uid, uid, wire_size(stored), stored.size(), digest, SpoolState::spooled, {}};
    if (!put || !store_.add_spooled(id_, {&row, 1})) throw std::runtime_error("no delivery");
  }
  void remove_elsewhere(std::size_t number) override {
    const auto mailbox = open();
    const SpoolChange told{
        mailbox->entries()[number].uid, {SpoolState::deleted}, SpoolState::removed, {}, {}};
    const bool removed = mailbox->remove({&number, 1}) && store_.change_spool(id_, {&told, 1}) &&
                         expire_spool(store_, id_, directory_.path(), {}, clock_());
    if (!removed) throw std::runtime_error("not removed");
  }
  std::unique_ptr<Mailbox> open() override {
    return std::move(*SpoolMailbox::open({store_, id_, directory_.path(), clock_}));
  }

 private:
  TemporaryDirectory directory_;
  MemoryStore store_;
  Clock clock_ = system_clock();
  std::uint64_t id_ = 0;
  int count_ = 0;
};

using MakePlace = std::unique_ptr<Place> (*)();

template <class Kind>
std::unique_ptr<Place> make() {
  return std::make_unique<Kind>();
}

class MailboxContract : public testing::TestWithParam<std::pair<const char*, MakePlace>> {
 protected:
  std::unique_ptr<Place> place_ = GetParam().second();
};

INSTANTIATE_TEST_SUITE_P(Formats, MailboxContract,
                         testing::Values(std::pair{"Memory", &make<MemoryPlace>},
                                         std::pair{"Maildir", &make<MaildirPlace>},
                                         std::pair{"Mbox", &make<MboxPlace>},
                                         std::pair{"Spool", &make<SpoolPlace>}),
                         [](const auto& parameter) { return parameter.param.first; });

std::string wire_form(std::string_view stored) {
  std::string out;
  char before = '\0';
  for (const char c : stored) {
    if (c == '\n' && before != '\r') out.push_back('\r');
    out.push_back(c);
    before = c;
  }
  if (!stored.empty() && stored.back() != '\n') out += "\r\n";
  return out;
}

std::vector<std::string> uids(const Mailbox& mailbox) {
  std::vector<std::string> all;
  for (const Entry& entry : mailbox.entries()) all.push_back(entry.uid);
  return all;
}

std::string text(Mailbox& mailbox, std::size_t index) {
  const auto blob = mailbox.read(index);
  return blob ? wire_form(blob->view()) : "error: " + blob.error().detail;
}

std::string message(int number) {
  return "Subject: " + std::to_string(number) + "\n\nThis is message " + std::to_string(number) +
         ".\n";
}

void deliver_five(Place& place) {
  for (int i = 0; i < 5; ++i) place.deliver(message(i));
}

TEST_P(MailboxContract, AnEmptyMailboxHasNoEntries) {
  const auto mailbox = place_->open();
  EXPECT_TRUE(mailbox->entries().empty());
  EXPECT_TRUE(mailbox->remove({}));
}

TEST_P(MailboxContract, ListsMessagesInTheOrderOfArrival) {
  deliver_five(*place_);
  const auto mailbox = place_->open();
  ASSERT_EQ(mailbox->entries().size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(text(*mailbox, static_cast<std::size_t>(i)), wire_form(message(i)));
  }
}

TEST_P(MailboxContract, UidsAreFitForPop3AndStayTheSame) {
  deliver_five(*place_);
  const auto first = uids(*place_->open());
  for (const std::string& uid : first) {
    EXPECT_GE(uid.size(), 1u);
    EXPECT_LE(uid.size(), 70u);
    for (const char c : uid) EXPECT_TRUE(c >= 0x21 && c <= 0x7e) << uid;
  }
  EXPECT_EQ(uids(*place_->open()), first);
}

TEST_P(MailboxContract, IdenticalMessagesHaveDifferentUids) {
  for (int i = 0; i < 3; ++i) place_->deliver(message(7));
  const auto all = uids(*place_->open());
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 3u);
}

TEST_P(MailboxContract, RemovesWhatWasAskedAndNothingElse) {
  deliver_five(*place_);
  const auto mailbox = place_->open();
  const auto before = uids(*mailbox);
  const std::vector<std::size_t> indexes = {3, 0};
  ASSERT_TRUE(mailbox->remove(indexes));
  const auto after = place_->open();
  EXPECT_EQ(uids(*after), (std::vector<std::string>{before[1], before[2], before[4]}));
  EXPECT_EQ(text(*after, 0), wire_form(message(1)));
  EXPECT_EQ(text(*after, 1), wire_form(message(2)));
  EXPECT_EQ(text(*after, 2), wire_form(message(4)));
}

TEST_P(MailboxContract, RemovesAll) {
  deliver_five(*place_);
  const auto mailbox = place_->open();
  const std::vector<std::size_t> indexes = {0, 1, 2, 3, 4};
  ASSERT_TRUE(mailbox->remove(indexes));
  EXPECT_TRUE(place_->open()->entries().empty());
}

TEST_P(MailboxContract, RemovesOneOfTwoIdenticalMessages) {
  place_->deliver(message(1));
  place_->deliver(message(1));
  const auto mailbox = place_->open();
  const auto before = uids(*mailbox);
  const std::vector<std::size_t> indexes = {0};
  ASSERT_TRUE(mailbox->remove(indexes));
  EXPECT_EQ(uids(*place_->open()), std::vector<std::string>{before[1]});
}

TEST_P(MailboxContract, UidsAreNeverUsedAgain) {
  std::set<std::string> seen;
  std::size_t shown = 0;
  for (int round = 0; round < 4; ++round) {
    place_->deliver(message(1));
    place_->deliver(message(2));
    const auto mailbox = place_->open();
    for (const std::string& uid : uids(*mailbox)) seen.insert(uid);
    shown += mailbox->entries().size();
    const std::vector<std::size_t> indexes = {0, 1};
    ASSERT_TRUE(mailbox->remove(indexes));
  }
  EXPECT_EQ(shown, 8u);
  EXPECT_EQ(seen.size(), shown);
}

TEST_P(MailboxContract, DeliveryDoesNotChangeAnOpenMailbox) {
  place_->deliver(message(0));
  const auto mailbox = place_->open();
  place_->deliver(message(1));
  ASSERT_EQ(mailbox->entries().size(), 1u);
  EXPECT_EQ(text(*mailbox, 0), wire_form(message(0)));
  const std::vector<std::size_t> indexes = {0};
  ASSERT_TRUE(mailbox->remove(indexes));
  const auto later = place_->open();
  ASSERT_EQ(later->entries().size(), 1u);
  EXPECT_EQ(text(*later, 0), wire_form(message(1)));
}

TEST_P(MailboxContract, AMessageRemovedElsewhereIsGoneAndTheOthersStay) {
  deliver_five(*place_);
  const auto mailbox = place_->open();
  place_->remove_elsewhere(1);
  ASSERT_EQ(mailbox->entries().size(), 5u);
  const auto gone = mailbox->read(1);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind(), Errc::no_input);
  EXPECT_EQ(text(*mailbox, 2), wire_form(message(2)));
  const std::vector<std::size_t> indexes = {1, 2};
  EXPECT_TRUE(mailbox->remove(indexes));
  const auto later = place_->open();
  ASSERT_EQ(later->entries().size(), 3u);
  EXPECT_EQ(text(*later, 0), wire_form(message(0)));
  EXPECT_EQ(text(*later, 1), wire_form(message(3)));
}

TEST_P(MailboxContract, KeepsBytesAndTellsTheirSizeOnTheWire) {
  using namespace std::string_literals;
  const std::vector<std::string> messages = {
      "Subject: From lines\n\nbody\n\nFrom me to you\n>From quoted\n>>From twice\nFrom x Mon Jan  "
      "1 00:00:00 2024\n\nFrom a@b Mon Jan  1 00:00:00 2024\nend\n",
      "Subject: no final newline\n\nlast line",
      "Subject: CRLF\r\n\r\nstored with\r\n\r\nCRLF\r\n",
      "Subject: mixed\n\none\r\ntwo\nbare\rCR\n",
      "Subject: NUL\n\na\0b\0\n"s,
      "Subject: 8 bit\n\n\xff\xfe\x80\n",
      "Subject: blank lines at the end\n\nbody\n\n\n\n",
      "\n\nno header\n",
      "Subject: header only\n",
      "Subject: dots\n\n.\n..\n.end\n",
      "",
      "\n",
      "Subject: long\n\n" + std::string(300'000, 'x') + "\n",
  };
  for (const std::string& stored : messages) place_->deliver(stored);

  // Twice, because the second time sizes may come from the index.
  for (int round = 0; round < 2; ++round) {
    const auto mailbox = place_->open();
    ASSERT_EQ(mailbox->entries().size(), messages.size());
    for (std::size_t i = 0; i < messages.size(); ++i) {
      EXPECT_EQ(text(*mailbox, i), wire_form(messages[i])) << "message " << i;
      EXPECT_EQ(mailbox->entries()[i].size, wire_form(messages[i]).size()) << "message " << i;
    }
  }
}

}  // namespace
}  // namespace postern
