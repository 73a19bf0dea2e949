// What every StateStore must do. The SQLite store is also reopened in between, so that what it
// answers comes from the disk.
#include <gtest/gtest.h>

#include "base/file.h"
#include "state/memory_store.h"
#include "state/sqlite_store.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using std::chrono::seconds;

// A kind of store under test.
class StoreFactory {
 public:
  virtual ~StoreFactory() = default;
  virtual StateStore& store() = 0;
  // Closes and opens again, where the store is kept anywhere.
  virtual void reopen() = 0;
};

class MemoryFactory final : public StoreFactory {
 public:
  StateStore& store() override { return store_; }
  void reopen() override {}

 private:
  MemoryStore store_;
};

class SqliteFactory final : public StoreFactory {
 public:
  SqliteFactory() { reopen(); }
  StateStore& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    auto opened = SqliteStore::open(directory_.path("state/postern.db"));
    if (!opened) throw std::runtime_error(opened.error().detail);
    store_ = std::move(*opened);
  }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<SqliteStore> store_;
};

using MakeFactory = std::unique_ptr<StoreFactory> (*)();

template <class Factory>
std::unique_ptr<StoreFactory> make() {
  return std::make_unique<Factory>();
}

class StateStoreContract : public testing::TestWithParam<MakeFactory> {
 protected:
  StateStore& store() { return factory_->store(); }
  StateStore& reopened() {
    factory_->reopen();
    return factory_->store();
  }

  std::unique_ptr<StoreFactory> factory_ = GetParam()();
};

INSTANTIATE_TEST_SUITE_P(Kinds, StateStoreContract,
                         testing::Values(&make<MemoryFactory>, &make<SqliteFactory>),
                         [](const auto& parameter) {
                           return parameter.index == 0 ? "Memory" : "Sqlite";
                         });

User user(const std::string& name) {
  return {name, "$y$hash-of-" + name, UnixSeconds(seconds(1700000000))};
}

TEST_P(StateStoreContract, FindsTheUsersThatWereAdded) {
  ASSERT_TRUE(store().add_user(user("zoe")));
  ASSERT_TRUE(store().add_user(user("adam")));
  const auto found = reopened().find_user("zoe");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->name, "zoe");
  EXPECT_EQ((*found)->password_hash, "$y$hash-of-zoe");
  EXPECT_EQ((*found)->created, UnixSeconds(seconds(1700000000)));
  const auto all = store().list_users();
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[0].name, "adam");
  EXPECT_EQ((*all)[1].name, "zoe");
}

TEST_P(StateStoreContract, UserNamesAreCaseSensitive) {
  ASSERT_TRUE(store().add_user(user("zoe")));
  EXPECT_FALSE(*store().find_user("Zoe"));
  EXPECT_TRUE(store().add_user(user("Zoe")));
}

TEST_P(StateStoreContract, RefusesAUserThatExistsAndLeavesItAlone) {
  ASSERT_TRUE(store().add_user(user("zoe")));
  const auto again = store().add_user({"zoe", "other", {}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind(), Errc::bad_data);
  EXPECT_EQ((*store().find_user("zoe"))->password_hash, "$y$hash-of-zoe");
}

TEST_P(StateStoreContract, ChangesPasswordsAndRemovesUsers) {
  ASSERT_TRUE(store().add_user(user("zoe")));
  ASSERT_TRUE(store().set_password("zoe", "new", {}));
  EXPECT_EQ((*reopened().find_user("zoe"))->password_hash, "new");
  ASSERT_TRUE(store().remove_user("zoe"));
  EXPECT_FALSE(*reopened().find_user("zoe"));
}

TEST_P(StateStoreContract, KeepsWhatIsBesideAPassword) {
  User zoe = user("zoe");
  zoe.keys = {"sha-1 keys", "", std::string("se\0led", 6)};
  ASSERT_TRUE(store().add_user(zoe));
  const auto added = reopened().find_user("zoe");
  EXPECT_EQ((*added)->keys.scram_sha_1, "sha-1 keys");
  EXPECT_EQ((*added)->keys.sealed_secret, zoe.keys.sealed_secret);
  ASSERT_TRUE(store().set_password("zoe", "new", {"", "sha-256 keys", ""}));
  const auto changed = reopened().list_users();
  ASSERT_EQ(changed->size(), 1u);
  EXPECT_EQ(changed->front().keys.scram_sha_1, "");
  EXPECT_EQ(changed->front().keys.scram_sha_256, "sha-256 keys");
  EXPECT_EQ(changed->front().keys.sealed_secret, "");
}

TEST_P(StateStoreContract, KeepsAppPasswordsUntilTheyAreRevokedOrTheirUserGoes) {
  ASSERT_TRUE(store().add_user(user("zoe")));
  const UnixSeconds noon{std::chrono::seconds(1000)};
  ASSERT_TRUE(store().add_app_password("zoe", {"phone", "hash", {"1", "256", "s"}, noon, {}}));
  ASSERT_TRUE(store().add_app_password("zoe", {"desk", "other", {}, noon, {}}));
  EXPECT_EQ(store().add_app_password("zoe", {"desk", "x", {}, noon, {}}).error().kind(),
            Errc::bad_data);
  EXPECT_EQ(store().add_app_password("bob", {"desk", "x", {}, noon, {}}).error().kind(),
            Errc::no_user);
  ASSERT_TRUE(store().note_app_password_use("zoe", "phone", noon + std::chrono::seconds(60)));
  ASSERT_TRUE(store().note_app_password_use("zoe", "none", noon));

  const auto both = reopened().list_app_passwords("zoe");
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0].device, "desk");
  EXPECT_EQ((*both)[0].last_seen, UnixSeconds{});
  EXPECT_EQ((*both)[1].password_hash, "hash");
  EXPECT_EQ((*both)[1].keys.scram_sha_256, "256");
  EXPECT_EQ((*both)[1].created, noon);
  EXPECT_EQ((*both)[1].last_seen, noon + std::chrono::seconds(60));

  ASSERT_TRUE(store().remove_app_password("zoe", "desk"));
  EXPECT_EQ(store().remove_app_password("zoe", "desk").error().kind(), Errc::no_user);
  EXPECT_EQ(reopened().list_app_passwords("zoe")->size(), 1u);
  ASSERT_TRUE(store().remove_user("zoe"));
  ASSERT_TRUE(store().add_user(user("zoe")));
  EXPECT_TRUE(reopened().list_app_passwords("zoe")->empty());
}

TEST_P(StateStoreContract, CountsWhatUsersCanLogInWith) {
  ASSERT_TRUE(store().add_user({"ann", "h", {}, {"1", "256", "sealed"}}));
  ASSERT_TRUE(store().add_user({"bob", "h", {}, {"", "256", ""}}));
  ASSERT_TRUE(store().add_app_password("bob", {"phone", "h", {"", "", "sealed"}, {}, {}}));
  const auto counts = store().count_credentials();
  ASSERT_TRUE(counts) << counts.error().detail;
  EXPECT_EQ(counts->users, 2u);
  EXPECT_EQ(counts->scram_sha_1, 1u);
  EXPECT_EQ(counts->scram_sha_256, 2u);
  EXPECT_EQ(counts->secrets, 2u);
}

TEST_P(StateStoreContract, KeepsBansUntilTheyAreLifted) {
  const UnixSeconds now{std::chrono::seconds(1000)};
  ASSERT_TRUE(store().put_ban({"192.0.2.2", "20 wrong logins", now, now}));
  ASSERT_TRUE(store().put_ban({"192.0.2.1", "old", now, now}));
  ASSERT_TRUE(store().put_ban({"192.0.2.1", "new", now, now + std::chrono::hours(1)}));
  const auto bans = reopened().list_bans();
  ASSERT_EQ(bans->size(), 2u);
  EXPECT_EQ((*bans)[0].address, "192.0.2.1");
  EXPECT_EQ((*bans)[0].why, "new");
  EXPECT_EQ((*bans)[0].until, now + std::chrono::hours(1));
  ASSERT_TRUE(store().remove_ban("192.0.2.1"));
  EXPECT_EQ(store().remove_ban("192.0.2.1").error().kind(), Errc::no_input);
  EXPECT_EQ(reopened().list_bans()->size(), 1u);
}

TEST_P(StateStoreContract, NamesAnUnknownUser) {
  EXPECT_EQ(store().set_password("nobody", "x", {}).error().kind(), Errc::no_user);
  EXPECT_EQ(store().remove_user("nobody").error().kind(), Errc::no_user);
}

StoredVerdict verdict(const std::string& uid, MilliPoints score) {
  StoredVerdict stored;
  stored.uid = uid;
  stored.id = "0123456789abcdef";
  stored.verdict.label = score >= 5000 ? Label::spam : Label::ham;
  stored.verdict.score = score;
  stored.verdict.basis = 0xfedcba9876543210;
  stored.verdict.ledger = {{"CLASSIFIER", score - 1, ""}, {"A_RULE", 1, "says why"}};
  stored.time = UnixSeconds(seconds(1700000001));
  return stored;
}

TEST_P(StateStoreContract, GivesVerdictsBackAsTheyWere) {
  const StoredVerdict one = verdict("uid-1", -1234);
  ASSERT_TRUE(store().put_verdicts("zoe", {&one, 1}));
  const auto found = reopened().find_verdict("zoe", "uid-1");
  ASSERT_TRUE(found && *found);
  const StoredVerdict& got = **found;
  EXPECT_EQ(got.uid, one.uid);
  EXPECT_EQ(got.id, one.id);
  EXPECT_EQ(got.time, one.time);
  EXPECT_EQ(got.verdict.label, Label::ham);
  EXPECT_EQ(got.verdict.score, -1234);
  EXPECT_EQ(got.verdict.required, 5000);
  EXPECT_EQ(got.verdict.basis, one.verdict.basis);
  ASSERT_EQ(got.verdict.ledger.size(), 2u);
  EXPECT_EQ(got.verdict.ledger[0].name, "CLASSIFIER");
  EXPECT_EQ(got.verdict.ledger[0].points, -1235);
  EXPECT_EQ(got.verdict.ledger[1].description, "says why");
}

TEST_P(StateStoreContract, VerdictsBelongToOneAccountAndUid) {
  const StoredVerdict one = verdict("uid-1", 1);
  ASSERT_TRUE(store().put_verdicts("zoe", {&one, 1}));
  EXPECT_FALSE(*store().find_verdict("adam", "uid-1"));
  EXPECT_FALSE(*store().find_verdict("zoe", "uid-2"));
}

TEST_P(StateStoreContract, ReplacesAndForgetsVerdicts) {
  const std::vector<StoredVerdict> both = {verdict("a", 1), verdict("b", 2)};
  ASSERT_TRUE(store().put_verdicts("zoe", both));
  const StoredVerdict other = verdict("a", 9000);
  ASSERT_TRUE(store().put_verdicts("zoe", {&other, 1}));
  EXPECT_EQ((*reopened().find_verdict("zoe", "a"))->verdict.score, 9000);
  const std::vector<std::string> gone = {"a", "unknown"};
  ASSERT_TRUE(store().forget_verdicts("zoe", gone));
  EXPECT_FALSE(*reopened().find_verdict("zoe", "a"));
  EXPECT_TRUE(*store().find_verdict("zoe", "b"));
}

std::string senders(StateStore& store, std::string_view account) {
  std::string text;
  for (const SenderEntry& entry : *store.list_senders(account)) {
    text += std::string(to_string(entry.list)) + " " + entry.pattern +
            (entry.authenticated ? " authenticated\n" : "\n");
  }
  return text;
}

TEST_P(StateStoreContract, ASenderIsOnOneListOfOneAccount) {
  ASSERT_TRUE(store().put_sender("zoe", {SenderList::block, "b.example", false}));
  ASSERT_TRUE(store().put_sender("zoe", {SenderList::allow, "a@b.example", true}));
  EXPECT_EQ(senders(reopened(), "zoe"), "allow a@b.example authenticated\nblock b.example\n");
  EXPECT_EQ(senders(store(), "adam"), "");

  ASSERT_TRUE(store().put_sender("zoe", {SenderList::block, "a@b.example", false}));
  EXPECT_EQ(senders(reopened(), "zoe"), "block a@b.example\nblock b.example\n");
  EXPECT_FALSE(*store().remove_sender("zoe", SenderList::allow, "a@b.example"));
  EXPECT_FALSE(*store().remove_sender("adam", SenderList::block, "a@b.example"));
  EXPECT_TRUE(*store().remove_sender("zoe", SenderList::block, "a@b.example"));
  EXPECT_EQ(senders(reopened(), "zoe"), "block b.example\n");
}

TEST_P(StateStoreContract, ScoresOfRulesBelongToOneAccount) {
  ASSERT_TRUE(store().put_rule_score("zoe", {"B", -1500}));
  ASSERT_TRUE(store().put_rule_score("zoe", {"A", 1}));
  ASSERT_TRUE(store().put_rule_score("zoe", {"B", 2500}));
  const auto scores = reopened().list_rule_scores("zoe");
  ASSERT_TRUE(scores);
  ASSERT_EQ(scores->size(), 2u);
  EXPECT_EQ((*scores)[0].rule, "A");
  EXPECT_EQ((*scores)[1].points, 2500);
  EXPECT_TRUE(store().list_rule_scores("adam")->empty());
  EXPECT_TRUE(*store().remove_rule_score("zoe", "A"));
  EXPECT_FALSE(*store().remove_rule_score("zoe", "A"));
  EXPECT_EQ(reopened().list_rule_scores("zoe")->size(), 1u);
}

TEST_P(StateStoreContract, WhatAUserDecidedGoesWithTheUser) {
  ASSERT_TRUE(store().add_user(user("zoe")));
  ASSERT_TRUE(store().put_sender("zoe", {SenderList::allow, "b.example", false}));
  ASSERT_TRUE(store().put_rule_score("zoe", {"A", 1}));
  ASSERT_TRUE(store().remove_user("zoe"));
  EXPECT_EQ(senders(reopened(), "zoe"), "");
  EXPECT_TRUE(store().list_rule_scores("zoe")->empty());
}

std::vector<std::string> keys(StateStore& store, std::string_view mailbox) {
  std::vector<std::string> names;
  const auto rows = store.load_index(mailbox);
  if (!rows) throw std::runtime_error(rows.error().detail);
  for (const auto& row : *rows) names.push_back(row.key + "=" + row.uid);
  return names;
}

TEST_P(StateStoreContract, KeepsIndexRowsInTheOrderOfInsertion) {
  const std::vector<StateStore::IndexRow> rows = {{"k2", "u2", 20, 19}, {"k1", "k1", 10, 9}};
  ASSERT_TRUE(store().update_index("zoe:/mail", rows, {}));
  const StateStore::IndexRow late{"k0", "u0", 30, 29};
  ASSERT_TRUE(store().update_index("zoe:/mail", {&late, 1}, {}));
  EXPECT_EQ(keys(reopened(), "zoe:/mail"), (std::vector<std::string>{"k2=u2", "k1=k1", "k0=u0"}));
  const auto loaded = store().load_index("zoe:/mail");
  EXPECT_EQ((*loaded)[1].size, 10u);
  EXPECT_EQ((*loaded)[1].stored_size, 9u);
  EXPECT_TRUE(keys(store(), "adam:/mail").empty());
}

TEST_P(StateStoreContract, ReplacedIndexRowsMoveToTheEndAndForgottenOnesGo) {
  const std::vector<StateStore::IndexRow> rows = {
      {"a", "1", 1, 1}, {"b", "2", 2, 2}, {"c", "3", 3, 3}};
  ASSERT_TRUE(store().update_index("m", rows, {}));
  const StateStore::IndexRow again{"a", "9", 4, 4};
  const std::vector<std::string> forgotten = {"b", "unknown"};
  ASSERT_TRUE(store().update_index("m", {&again, 1}, forgotten));
  EXPECT_EQ(keys(reopened(), "m"), (std::vector<std::string>{"c=3", "a=9"}));
}

TEST_P(StateStoreContract, ReservedNumbersAreNeverGivenTwice) {
  EXPECT_EQ(*store().reserve_numbers("m", 3), 1u);
  EXPECT_EQ(*reopened().reserve_numbers("m", 1), 4u);
  EXPECT_EQ(*store().reserve_numbers("other", 5), 1u);
  EXPECT_EQ(*reopened().reserve_numbers("m", 10), 5u);
}

StateStore::NewLesson lesson(const std::string& digest, MailClass taught) {
  return {{0, digest, taught, "cli", UnixSeconds(seconds(1700000002))},
          Blob::own("content of " + digest)};
}

TEST_P(StateStoreContract, LessonsAreALogInOrder) {
  const std::vector<StateStore::NewLesson> two = {lesson("d1", MailClass::spam),
                                                  lesson("d2", MailClass::ham)};
  EXPECT_EQ(*store().add_lessons(two), 1u);
  const auto third = lesson("d3", MailClass::ham);
  EXPECT_EQ(*reopened().add_lessons({&third, 1}), 3u);

  const auto read = reopened().read_lessons(1, 10);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].lesson.number, 2u);
  EXPECT_EQ((*read)[0].lesson.digest, "d2");
  EXPECT_EQ((*read)[0].lesson.taught, MailClass::ham);
  EXPECT_EQ((*read)[0].lesson.source, "cli");
  EXPECT_EQ((*read)[0].lesson.time, UnixSeconds(seconds(1700000002)));
  EXPECT_EQ((*read)[0].content.view(), "content of d2");
  EXPECT_EQ((*read)[1].lesson.number, 3u);
  EXPECT_EQ(store().read_lessons(0, 1)->size(), 1u);
  EXPECT_TRUE(store().read_lessons(3, 10)->empty());
  EXPECT_EQ(store().count_lessons()->ham, 2u);
  EXPECT_EQ(store().count_lessons()->spam, 1u);
}

TEST_P(StateStoreContract, KeepsContentOfAnyOctets) {
  std::string content(100'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 3);
  const std::vector<StateStore::NewLesson> lessons = {
      {{0, "large", MailClass::ham, "", {}}, Blob::copy(content)},
      {{0, "empty", MailClass::ham, "", {}}, Blob()}};
  ASSERT_TRUE(store().add_lessons(lessons));
  const auto read = reopened().read_lessons(0, 10);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].content.view(), content);
  EXPECT_EQ((*read)[1].content.view(), "");
}

TEST_P(StateStoreContract, RevokedLessonsLeaveTheFoldButNotTheLog) {
  const std::vector<StateStore::NewLesson> two = {lesson("d1", MailClass::spam),
                                                  lesson("d2", MailClass::ham)};
  ASSERT_TRUE(store().add_lessons(two));
  const LessonLogPosition before = *store().lesson_log_position();
  EXPECT_EQ(before, (LessonLogPosition{2, 0}));

  const std::vector<std::uint64_t> numbers = {1, 1, 0, 99};
  ASSERT_TRUE(store().revoke_lessons(numbers));
  EXPECT_EQ(*reopened().lesson_log_position(), (LessonLogPosition{2, 1}));
  EXPECT_FALSE(*store().find_lesson("d1"));
  EXPECT_EQ(store().count_lessons()->spam, 0u);
  EXPECT_EQ(store().read_lessons(0, 10)->size(), 1u);
  const auto listed = store().list_lessons();
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ((*listed)[0].number, 2u);
  EXPECT_EQ((*listed)[0].digest, "d2");
  EXPECT_EQ((*listed)[0].taught, MailClass::ham);

  const auto again = lesson("d1", MailClass::ham);
  EXPECT_EQ(*store().add_lessons({&again, 1}), 3u);
  const auto found = reopened().find_lesson("d1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->number, 3u);
  EXPECT_EQ((*found)->taught, MailClass::ham);
}

TEST_P(StateStoreContract, ALessonReplacesTheOneItContradictsInOneStep) {
  const auto first = lesson("d1", MailClass::spam);
  ASSERT_TRUE(store().add_lessons({&first, 1}));
  const auto contrary = lesson("d1", MailClass::ham);
  const std::vector<std::uint64_t> outdated = {1};
  EXPECT_EQ(*store().add_lessons({&contrary, 1}, outdated), 2u);
  EXPECT_EQ((*reopened().find_lesson("d1"))->taught, MailClass::ham);
  EXPECT_EQ(*store().lesson_log_position(), (LessonLogPosition{2, 1}));

  // A batch that is refused takes nothing back either.
  const std::vector<StateStore::NewLesson> twice = {lesson("d2", MailClass::ham),
                                                    lesson("d2", MailClass::ham)};
  const std::vector<std::uint64_t> second = {2};
  EXPECT_FALSE(store().add_lessons(twice, second));
  EXPECT_EQ((*reopened().find_lesson("d1"))->number, 2u);
}

TEST_P(StateStoreContract, ASecondActiveLessonOfADigestIsRefusedWithItsWholeBatch) {
  const auto first = lesson("d1", MailClass::spam);
  ASSERT_TRUE(store().add_lessons({&first, 1}));
  const std::vector<StateStore::NewLesson> batch = {lesson("d2", MailClass::ham),
                                                    lesson("d1", MailClass::ham)};
  const auto refused = store().add_lessons(batch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), Errc::busy);
  EXPECT_FALSE(*reopened().find_lesson("d2"));
  EXPECT_EQ(store().count_lessons()->ham, 0u);
}

TEST_P(StateStoreContract, AnEmptyLogIsAtItsBeginning) {
  EXPECT_EQ(*store().lesson_log_position(), LessonLogPosition{});
  EXPECT_TRUE(store().read_lessons(0, 10)->empty());
  EXPECT_FALSE(*store().find_lesson("d1"));
}

StoredAccount account(const std::string& name, const std::string& user_name) {
  StoredAccount one;
  one.name = name;
  one.user = user_name;
  one.url = "pop3s://pop.example.org";
  one.login = name + "@example.org";
  one.sealed_secret = std::string("se\0led", 6);
  one.tls_authorities = "/etc/ca.pem";
  one.tls_pin = "ab";
  one.poll_interval = seconds(77);
  one.created = UnixSeconds(seconds(1700000000));
  return one;
}

TEST_P(StateStoreContract, FindsAccountsByNameAndByUser) {
  const auto work = store().add_account(account("work", "zoe"));
  const auto home = store().add_account(account("home", "adam"));
  ASSERT_TRUE(work && home);
  EXPECT_NE(*work, *home);
  const auto found = reopened().find_account("work");
  ASSERT_TRUE(found && *found);
  const StoredAccount& one = **found;
  EXPECT_EQ(one.id, *work);
  EXPECT_EQ(one.user, "zoe");
  EXPECT_EQ(one.url, "pop3s://pop.example.org");
  EXPECT_EQ(one.login, "work@example.org");
  EXPECT_EQ(one.sealed_secret, std::string("se\0led", 6));
  EXPECT_EQ(one.tls_authorities, "/etc/ca.pem");
  EXPECT_EQ(one.tls_pin, "ab");
  EXPECT_EQ(one.poll_interval, seconds(77));
  EXPECT_EQ(one.state, AccountState::active);
  EXPECT_EQ(one.created, UnixSeconds(seconds(1700000000)));
  EXPECT_EQ(one.last_poll, UnixSeconds{});
  EXPECT_EQ((*store().account_of_user("adam"))->name, "home");
  EXPECT_FALSE(*store().account_of_user("work"));
  EXPECT_FALSE(*store().find_account("zoe"));
  const auto all = store().list_accounts();
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ(all->front().name, "home");
}

TEST_P(StateStoreContract, ANameAndAUserHaveOneAccount) {
  ASSERT_TRUE(store().add_account(account("work", "zoe")));
  EXPECT_EQ(store().add_account(account("work", "adam")).error().kind(), Errc::bad_data);
  EXPECT_EQ(store().add_account(account("other", "zoe")).error().kind(), Errc::bad_data);
  EXPECT_EQ(reopened().list_accounts()->size(), 1u);
}

TEST_P(StateStoreContract, ChangesAndRemovesAccountsAndNeverGivesTheirIdsAgain) {
  const auto first = store().add_account(account("work", "zoe"));
  ASSERT_TRUE(store().set_account_state("work", AccountState::paused));
  ASSERT_TRUE(store().set_account_secret("work", "other"));
  const auto changed = reopened().find_account("work");
  EXPECT_EQ((*changed)->state, AccountState::paused);
  EXPECT_EQ((*changed)->sealed_secret, "other");
  const SpooledMessage message{"u1", "u1", 10, 10, std::string(64, 'a'), SpoolState::spooled, {}};
  ASSERT_TRUE(store().add_spooled(*first, {&message, 1}));
  ASSERT_TRUE(store().remove_account("work"));
  EXPECT_TRUE(store().load_spool(*first, all_spool_states)->empty());
  EXPECT_EQ(store().add_spooled(*first, {&message, 1}).error().kind(), Errc::no_user);
  const auto second = reopened().add_account(account("work", "zoe"));
  ASSERT_TRUE(second);
  EXPECT_NE(*second, *first);
  EXPECT_TRUE(store().load_spool(*second, all_spool_states)->empty());
  EXPECT_EQ(store().remove_account("none").error().kind(), Errc::no_user);
  EXPECT_EQ(store().set_account_state("none", AccountState::paused).error().kind(), Errc::no_user);
  EXPECT_EQ(store().set_account_secret("none", "x").error().kind(), Errc::no_user);
}

TEST_P(StateStoreContract, KeepsWhatThePollOfAnAccountBrought) {
  const UnixSeconds noon{seconds(1000)};
  const auto id = store().add_account(account("work", "zoe"));
  ASSERT_TRUE(store().note_account_poll(*id, {noon, "", 0}));
  ASSERT_TRUE(store().note_account_poll(*id, {noon + seconds(1), "", 3}));
  ASSERT_TRUE(store().note_account_poll(*id, {noon + seconds(2), "no answer", 4}));
  const auto found = reopened().find_account("work");
  EXPECT_EQ((*found)->last_poll, noon + seconds(2));
  EXPECT_EQ((*found)->last_success, noon + seconds(1));
  EXPECT_EQ((*found)->last_error, "no answer");
  EXPECT_EQ((*found)->waiting, 4u);
  EXPECT_TRUE(store().note_account_poll(*id + 1, {noon, "", 0}));
}

SpooledMessage spooled(const std::string& uid, SpoolState state = SpoolState::spooled) {
  return {
      uid, "there-" + uid, 12, 11, std::string(62, 'a') + "0f", state, UnixSeconds(seconds(1000))};
}

std::vector<std::string> uids_of(const Result<std::vector<SpooledMessage>>& messages) {
  std::vector<std::string> uids;
  for (const SpooledMessage& one : *messages) uids.push_back(one.uid);
  return uids;
}

TEST_P(StateStoreContract, KeepsSpooledMessagesInTheOrderOfArrivalByState) {
  const auto id = store().add_account(account("work", "zoe"));
  const std::vector<SpooledMessage> first = {spooled("z"), spooled("b", SpoolState::purged)};
  const std::vector<SpooledMessage> second = {spooled("a", SpoolState::deleted)};
  ASSERT_TRUE(store().add_spooled(*id, first));
  ASSERT_TRUE(store().add_spooled(*id, second));
  const auto all = reopened().load_spool(*id, all_spool_states);
  EXPECT_EQ(uids_of(all), (std::vector<std::string>{"z", "b", "a"}));
  const SpooledMessage& one = all->front();
  EXPECT_EQ(one.there, "there-z");
  EXPECT_EQ(one.size, 12u);
  EXPECT_EQ(one.stored_size, 11u);
  EXPECT_EQ(one.digest, std::string(62, 'a') + "0f");
  EXPECT_EQ(one.state, SpoolState::spooled);
  EXPECT_EQ(one.time, UnixSeconds(seconds(1000)));
  EXPECT_EQ(uids_of(store().load_spool(*id, live_states)), (std::vector<std::string>{"z", "a"}));
  EXPECT_EQ(uids_of(store().load_spool(*id, shown_states)), std::vector<std::string>{"z"});
  EXPECT_EQ(uids_of(store().load_spool(*id, {SpoolState::purged})), std::vector<std::string>{"b"});
  EXPECT_EQ((*store().find_account("work"))->seen, 3u);
}

TEST_P(StateStoreContract, AddsSpooledMessagesAllOrNone) {
  const auto id = store().add_account(account("work", "zoe"));
  const auto other = store().add_account(account("home", "adam"));
  const std::vector<SpooledMessage> one = {spooled("a")};
  ASSERT_TRUE(store().add_spooled(*id, one));
  const std::vector<SpooledMessage> taken = {spooled("b"), spooled("a")};
  EXPECT_EQ(store().add_spooled(*id, taken).error().kind(), Errc::bad_data);
  EXPECT_EQ(uids_of(reopened().load_spool(*id, all_spool_states)), std::vector<std::string>{"a"});
  EXPECT_EQ((*store().find_account("work"))->seen, 1u);
  EXPECT_TRUE(store().add_spooled(*other, one));
}

TEST_P(StateStoreContract, ASpooledMessageStepsOnlyFromTheStatesNamed) {
  const auto id = store().add_account(account("work", "zoe"));
  const std::vector<SpooledMessage> all = {spooled("a"), spooled("b", SpoolState::removed)};
  ASSERT_TRUE(store().add_spooled(*id, all));
  const UnixSeconds later{seconds(2000)};
  const std::vector<SpoolChange> steps = {
      {"a", shown_states, SpoolState::deleted, later, {}},
      {"b", shown_states, SpoolState::deleted, later, {}},
      {"none", shown_states, SpoolState::deleted, later, {}},
  };
  EXPECT_EQ(*store().change_spool(*id, steps), 1u);
  const std::vector<SpoolChange> moved = {
      {"b", {SpoolState::removed}, SpoolState::restored, later, "elsewhere"}};
  EXPECT_EQ(*store().change_spool(*id, moved), 1u);
  const auto after = reopened().load_spool(*id, all_spool_states);
  EXPECT_EQ((*after)[0].state, SpoolState::deleted);
  EXPECT_EQ((*after)[0].time, later);
  EXPECT_EQ((*after)[0].there, "there-a");
  EXPECT_EQ((*after)[1].state, SpoolState::restored);
  EXPECT_EQ((*after)[1].there, "elsewhere");
  EXPECT_EQ(*store().change_spool(*id, {}), 0u);
}

TEST_P(StateStoreContract, SettingsHoldAnyOctets) {
  const std::string value("a\0b\xff", 4);
  ASSERT_TRUE(store().put_setting("key", "old"));
  ASSERT_TRUE(store().put_setting("key", value));
  ASSERT_TRUE(store().put_setting("empty", ""));
  EXPECT_EQ(**reopened().find_setting("key"), value);
  EXPECT_EQ(**store().find_setting("empty"), "");
  EXPECT_FALSE(*store().find_setting("other"));
}

}  // namespace
}  // namespace postern
