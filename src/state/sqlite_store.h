// SqliteStore: the StateStore of one machine, one SQLite file in WAL mode.
//
// Several processes (posternd and `postern train`) may use the file at the same time; a writer
// that meets another waits for it, ten seconds at most, then gives Errc::busy. The file must be
// on a local disk, because WAL needs shared memory.
//
// Thread rule: safe from any thread. Writers queue for one connection; readers take one of a pool
// and never wait for a writer.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "state/sqlite.h"
#include "state/state_store.h"

namespace postern {

class SqliteStore final : public StateStore {
 public:
  // Opens the database file `path`, creating it (mode 0600) and its folder (0700) when missing.
  // Errc::configuration when it belongs to a newer Postern or to another program.
  static Result<std::unique_ptr<SqliteStore>> open(const std::string& path);

  Result<void> add_user(const User& user) override;
  Result<void> set_password(std::string_view name, std::string_view hash,
                            const PasswordKeys& keys) override;
  Result<void> remove_user(std::string_view name) override;
  Result<std::optional<User>> find_user(std::string_view name) override;
  Result<std::vector<User>> list_users() override;
  Result<CredentialCounts> count_credentials() override;
  Result<void> add_app_password(std::string_view user, const AppPassword& password) override;
  Result<std::vector<AppPassword>> list_app_passwords(std::string_view user) override;
  Result<void> remove_app_password(std::string_view user, std::string_view device) override;
  Result<void> note_app_password_use(std::string_view user, std::string_view device,
                                     UnixSeconds time) override;
  Result<void> put_ban(const Ban& ban) override;
  Result<void> remove_ban(std::string_view address) override;
  Result<std::vector<Ban>> list_bans() override;

  Result<std::optional<StoredVerdict>> find_verdict(std::string_view account,
                                                    std::string_view uid) override;
  Result<void> put_verdicts(std::string_view account,
                            std::span<const StoredVerdict> verdicts) override;
  Result<void> forget_verdicts(std::string_view account,
                               std::span<const std::string> uids) override;

  Result<void> put_sender(std::string_view account, const SenderEntry& entry) override;
  Result<bool> remove_sender(std::string_view account, SenderList list,
                             std::string_view pattern) override;
  Result<std::vector<SenderEntry>> list_senders(std::string_view account) override;
  Result<void> put_rule_score(std::string_view account, const RuleScore& score) override;
  Result<bool> remove_rule_score(std::string_view account, std::string_view rule) override;
  Result<std::vector<RuleScore>> list_rule_scores(std::string_view account) override;

  Result<std::vector<IndexRow>> load_index(std::string_view mailbox) override;
  Result<void> update_index(std::string_view mailbox, std::span<const IndexRow> added,
                            std::span<const std::string> forgotten_keys) override;
  Result<std::uint64_t> reserve_numbers(std::string_view mailbox, std::uint64_t count) override;

  Result<std::uint64_t> add_lessons(std::span<const NewLesson> lessons,
                                    std::span<const std::uint64_t> revoked = {}) override;
  Result<void> revoke_lessons(std::span<const std::uint64_t> numbers) override;
  Result<std::optional<Lesson>> find_lesson(std::string_view digest) override;
  Result<std::vector<Lesson>> list_lessons() override;
  Result<std::vector<NewLesson>> read_lessons(std::uint64_t after, std::size_t limit) override;
  Result<LessonCounts> count_lessons() override;
  Result<LessonLogPosition> lesson_log_position() override;

  Result<std::uint64_t> add_account(const StoredAccount& account) override;
  Result<void> remove_account(std::string_view name) override;
  Result<void> set_account_state(std::string_view name, AccountState state) override;
  Result<void> set_account_secret(std::string_view name, std::string_view sealed) override;
  Result<std::optional<StoredAccount>> find_account(std::string_view name) override;
  Result<std::optional<StoredAccount>> account_of_user(std::string_view user) override;
  Result<std::vector<StoredAccount>> list_accounts() override;
  Result<void> note_account_poll(std::uint64_t account, const AccountPoll& poll) override;
  Result<std::vector<SpooledMessage>> load_spool(std::uint64_t account,
                                                 SpoolStates states) override;
  Result<void> add_spooled(std::uint64_t account,
                           std::span<const SpooledMessage> messages) override;
  Result<std::uint64_t> change_spool(std::uint64_t account,
                                     std::span<const SpoolChange> changes) override;

  Result<std::optional<std::string>> find_setting(std::string_view name) override;
  Result<void> put_setting(std::string_view name, std::string_view value) override;

 private:
  // A reading connection, back in the pool at the end of its life.
  class Reader {
   public:
    Reader(SqliteStore& store, SqliteDatabase database)
        : store_(&store), database_(std::move(database)) {}
    Reader(Reader&& other) noexcept
        : store_(std::exchange(other.store_, nullptr)), database_(std::move(other.database_)) {}
    Reader& operator=(Reader&&) = delete;
    ~Reader();
    SqliteDatabase* operator->() { return &database_; }

   private:
    SqliteStore* store_;
    SqliteDatabase database_;
  };

  SqliteStore(std::string path, SqliteDatabase writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}

  Result<Reader> borrow_reader();
  // Runs `change` in one transaction on the writing connection; commits when it succeeds.
  template <class Change>
  Result<void> write(Change change) {
    const std::lock_guard lock(writer_mutex_);
    auto transaction = SqliteTransaction::begin(writer_);
    if (!transaction) return transaction.error();
    Result<void> done = change(writer_);
    if (!done) return done.error();
    return transaction->commit();
  }

  const std::string path_;
  std::mutex writer_mutex_;
  SqliteDatabase writer_;  // guarded by writer_mutex_
  std::mutex pool_mutex_;
  std::vector<SqliteDatabase> pool_;  // idle readers, guarded by pool_mutex_
};

}  // namespace postern
