#include "server/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "base/file.h"
#include "base/password.h"
#include "server/mailbox_index.h"
#include "state/memory_store.h"
#include "store/open_mailbox.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using ::testing::HasSubstr;

TEST(MaildirPattern, PutsNameParts) {
  struct Row {
    const char* pattern;
    const char* user;
    const char* path;
  };
  for (const Row& row :
       {Row{"/m/%u", "ann", "/m/ann"}, Row{"/m/%d/%n", "ann@example.org", "/m/example.org/ann"},
        Row{"/m/%u/Maildir", "ann@example.org", "/m/ann@example.org/Maildir"},
        Row{"/100%%/%u", "ann", "/100%/ann"}, Row{"/fixed", "ann", "/fixed"}}) {
    const auto path = expand_maildir_pattern(row.pattern, row.user);
    ASSERT_TRUE(path) << path.error().detail;
    EXPECT_EQ(*path, row.path);
  }
}

TEST(MaildirPattern, NoNameLeadsOutOfTheFolder) {
  for (const std::string user :
       {"", "..", ".", ".hidden", "a/b", "../../etc", "a@../b", "a@.b", "@b"}) {
    EXPECT_FALSE(expand_maildir_pattern("/m/%u", user)) << user;
  }
  EXPECT_FALSE(expand_maildir_pattern("/m/%u", std::string_view("a\0b", 3)));
}

TEST(MaildirPattern, SaysWhatIsWrongWithThePattern) {
  EXPECT_THAT(expand_maildir_pattern("/m/%x", "ann").error().detail, HasSubstr("no other %"));
  EXPECT_THAT(expand_maildir_pattern("/m/%", "ann").error().detail, HasSubstr("no other %"));
  EXPECT_THAT(expand_maildir_pattern("/m/%d", "ann").error().detail, HasSubstr("needs a domain"));
}

LoginRequest by_password(const std::string& user, const std::string& password) {
  return {user, "", PasswordProof{password}};
}

Accounts::Setting setting(const std::string& folder) {
  return {folder + "/%u", {std::chrono::seconds(60), "", "", system_clock(), Logger()}};
}

class AccountsTest : public ::testing::Test {
 protected:
  AccountsTest() {
    EXPECT_TRUE(store_.add_user({"ann", *hash_password("secret"), {}}));
    EXPECT_TRUE(make_directories(folder_.path() + "/ann/new"));
    EXPECT_TRUE(make_directories(folder_.path() + "/ann/cur"));
    EXPECT_TRUE(
        write_file_atomically(folder_.path() + "/ann/new/1.m.host", "Subject: x\n\nbody\n"));
    EXPECT_TRUE(scan_service_.reload());
  }

  static Result<std::shared_ptr<const Scanner>> build() {
    std::vector<Diagnostic> diagnostics;
    return std::make_shared<const Scanner>(
        RuleSet::parse("header X_SUBJECT Subject =~ /x/\nscore X_SUBJECT 7\n", "test", diagnostics),
        std::make_shared<const Classifier>(nullptr, nullptr), Policy{});
  }

  TemporaryDirectory folder_;
  MemoryStore store_;
  ScanService scan_service_{build, folder_.path() + "/none", Logger()};
  Accounts accounts_{setting(folder_.path()), store_, scan_service_};
};

TEST_F(AccountsTest, OpensAMaildropAndLabelsItsMail) {
  const auto inbox = accounts_.open(by_password("ann", "secret"));
  ASSERT_TRUE(inbox) << inbox.error().detail;
  ASSERT_EQ((*inbox)->entries().size(), 1u);
  const auto message = (*inbox)->fetch(0);
  ASSERT_TRUE(message);
  EXPECT_EQ(wire_size(*message), (*inbox)->entries()[0].size);
  EXPECT_THAT(message->head, HasSubstr("X-Postern-Verdict: spam;"));
  EXPECT_THAT(message->head, HasSubstr("tests=X_SUBJECT"));
}

// Some were read together with the one before them; that must not show.
TEST_F(AccountsTest, GivesTheMessageThatWasAskedForInAnyOrder) {
  for (const char* number : {"2", "3", "4", "5", "6", "7"}) {
    const std::string path = folder_.path() + "/ann/new/" + number + ".m.host";
    ASSERT_TRUE(write_file_atomically(path, std::string("Subject: ") + number + "\n\nbody\n"));
  }
  const auto inbox = accounts_.open(by_password("ann", "secret"));
  ASSERT_TRUE(inbox) << inbox.error().detail;
  boost::asio::io_context context;  // outlives the workers, which may still be waking it
  WorkerPool workers(1);
  for (const std::size_t index : {0, 1, 2, 3, 0, 1, 2, 2, 1, 3, 4, 6, 5, 6, 0, 1, 4, 5, 6}) {
    context.restart();
    auto fetched = boost::asio::co_spawn(context, (*inbox)->async_fetch(index, workers),
                                         boost::asio::use_future);
    context.run();
    const auto message = fetched.get();
    ASSERT_TRUE(message);
    const auto truth = (*inbox)->fetch(index);
    EXPECT_EQ(message->head, truth->head);
    EXPECT_EQ(message->tail(), truth->tail());
  }
}

TEST_F(AccountsTest, RefusesWrongNamesAndPasswordsAlike) {
  const auto wrong = accounts_.open(by_password("ann", "Secret"));
  const auto unknown = accounts_.open(by_password("bob", "secret"));
  ASSERT_FALSE(wrong);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(wrong.error().kind(), Errc::authentication);
  EXPECT_EQ(unknown.error().kind(), Errc::authentication);
  EXPECT_EQ(wrong.error().detail, unknown.error().detail);
}

TEST_F(AccountsTest, AMaildropIsOpenOnce) {
  auto first = accounts_.open(by_password("ann", "secret"));
  ASSERT_TRUE(first);
  const auto second = accounts_.open(by_password("ann", "secret"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), Errc::busy);
  first->reset();
  EXPECT_TRUE(accounts_.open(by_password("ann", "secret")));
}

TEST_F(AccountsTest, AMaildropThatMayBeSharedShowsEachSessionWhatItFound) {  // 21, 67
  Accounts::Setting shared = setting(folder_.path());
  shared.shared_maildrops = true;
  Accounts accounts(shared, store_, scan_service_);
  auto first = accounts.open(by_password("ann", "secret"));
  ASSERT_TRUE(write_file_atomically(folder_.path() + "/ann/new/2.m.host", "Subject: y\n\nbody\n"));
  auto second = accounts.open(by_password("ann", "secret"));
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->entries().size(), 1u);
  EXPECT_EQ((*second)->entries().size(), 2u);
  EXPECT_EQ((*first)->fetch(0)->head, (*second)->fetch(0)->head);

  const std::vector<std::size_t> message{0};
  ASSERT_TRUE((*first)->commit(message));
  EXPECT_EQ((*second)->fetch(0).error().kind(), Errc::no_input);
  EXPECT_TRUE((*second)->fetch(1));
  EXPECT_TRUE((*second)->commit(message)) << "what another session removed is removed";
  EXPECT_EQ((*accounts.open(by_password("ann", "secret")))->entries().size(), 1u);
}

TEST_F(AccountsTest, SessionsThatShareAMaildropShowOneVerdict) {  // 80, 117
  Maildrop maildrop;
  StoredVerdict ham{"uid", "id", {}, {}};
  ham.verdict.label = Label::ham;
  StoredVerdict spam = ham;
  spam.verdict.label = Label::spam;
  EXPECT_EQ(maildrop.keep("ann", spam).label, Label::spam);
  EXPECT_EQ(maildrop.keep("ann", ham).label, Label::spam);
  EXPECT_EQ(maildrop.keep("bob", ham).label, Label::ham);
  EXPECT_EQ(maildrop.unwritten("ann", "uid")->label, Label::spam);

  ASSERT_TRUE(maildrop.flush("ann", store_));
  EXPECT_EQ((*store_.find_verdict("ann", "uid"))->verdict.label, Label::spam);
  EXPECT_FALSE(maildrop.unwritten("ann", "uid"));
  EXPECT_EQ(maildrop.unwritten_count(), 1u);
}

TEST_F(AccountsTest, WhoLogsInTooOftenMustWait) {  // 22
  UnixSeconds now{std::chrono::seconds(1000)};
  LoginDelay delay(std::chrono::seconds(60), [&now] { return now; });
  EXPECT_TRUE(delay.log_in("ann"));
  EXPECT_EQ(delay.log_in("ann").error().kind(), Errc::too_soon);
  EXPECT_TRUE(delay.log_in("bob"));
  now += std::chrono::seconds(60);
  EXPECT_TRUE(delay.log_in("ann"));
  EXPECT_FALSE(delay.log_in("ann"));

  Accounts::Setting slow = setting(folder_.path());
  slow.login_delay = std::chrono::hours(1);
  Accounts accounts(slow, store_, scan_service_);
  EXPECT_TRUE(accounts.open(by_password("ann", "secret")));
  EXPECT_EQ(accounts.open(by_password("ann", "secret")).error().kind(), Errc::too_soon);
  EXPECT_EQ(accounts.open(by_password("ann", "wrong")).error().kind(), Errc::authentication);
}

TEST_F(AccountsTest, AMessageWhoseJudgementFailsIsDeliveredAndSaysSo) {  // 118
  auto index = std::make_unique<MailboxIndex>(store_, folder_.path() + "/ann");
  auto mailbox = open_mailbox(folder_.path() + "/ann", *index);
  ASSERT_TRUE(mailbox);
  // A clock that fails stands for anything that does.
  const Clock failing = []() -> UnixSeconds { throw std::runtime_error("a bug"); };
  DiskInbox inbox({"ann", store_, std::move(index), scan_service_.current(), {}, failing, Logger()},
                  std::move(*mailbox), std::make_shared<Maildrop>());

  const auto message = inbox.fetch(0);

  ASSERT_TRUE(message);
  EXPECT_THAT(message->head, HasSubstr("X-Postern-Verdict: error;"));
  EXPECT_EQ(message->tail(), "Subject: x\n\nbody\n");
  EXPECT_EQ(wire_size(*message), inbox.entries()[0].size);
}

TEST_F(AccountsTest, AVerdictOnceShownStaysAndIsForgottenWithItsMessage) {
  std::string shown;
  {
    const auto inbox = accounts_.open(by_password("ann", "secret"));
    shown = (*inbox)->fetch(0)->head;
    EXPECT_EQ((*inbox)->fetch(0)->head, shown);
  }
  EXPECT_TRUE(*store_.find_verdict("ann", "1.m.host"));
  // Another scanner would say otherwise.
  ScanService other(
      [] {
        std::vector<Diagnostic> diagnostics;
        return Result<std::shared_ptr<const Scanner>>(std::make_shared<const Scanner>(
            RuleSet::parse("", "test", diagnostics),
            std::make_shared<const Classifier>(nullptr, nullptr), Policy{}));
      },
      "", Logger());
  ASSERT_TRUE(other.reload());
  Accounts later(setting(folder_.path()), store_, other);
  const auto inbox = later.open(by_password("ann", "secret"));
  EXPECT_EQ((*inbox)->fetch(0)->head, shown);
  const std::vector<std::size_t> all{0};
  ASSERT_TRUE((*inbox)->commit(all));
  EXPECT_FALSE(is_file(folder_.path() + "/ann/new/1.m.host"));
  EXPECT_FALSE(*store_.find_verdict("ann", "1.m.host"));
}

TEST_F(AccountsTest, ACachedLoginEndsWithThePassword) {
  ASSERT_TRUE(accounts_.open(by_password("ann", "secret")));
  ASSERT_TRUE(store_.set_password("ann", *hash_password("changed"), {}));
  EXPECT_FALSE(accounts_.open(by_password("ann", "secret")));
  EXPECT_TRUE(accounts_.open(by_password("ann", "changed")));
}

}  // namespace
}  // namespace postern
