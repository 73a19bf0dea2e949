// MemoryStore: a StateStore that forgets everything when it goes; for tests and for trying out.
//
// Thread rule: safe from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "state/state_store.h"

namespace postern {

class MemoryStore final : public StateStore {
 public:
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
  struct Index {
    std::vector<IndexRow> rows;
    std::uint64_t next_number = 1;
  };
  struct LoggedLesson {
    NewLesson lesson;
    bool active = true;
  };

  struct Decided {
    std::map<std::string, SenderEntry> senders;  // by pattern
    std::map<std::string, MilliPoints> scores;   // by rule
  };

  struct Account {
    StoredAccount stored;
    std::vector<SpooledMessage> spool;
  };
  Account* account_with(std::uint64_t id);

  using LessonLog = std::vector<LoggedLesson>;  // number n at n - 1
  static const LoggedLesson* active_lesson(const LessonLog& log, std::string_view digest);
  static void revoke(LessonLog& log, std::span<const std::uint64_t> numbers);

  std::mutex mutex_;  // guards all below
  std::map<std::string, User, std::less<>> users_;
  using Devices = std::map<std::string, AppPassword, std::less<>>;
  std::map<std::string, Devices, std::less<>> app_passwords_;  // by user
  std::map<std::string, Ban, std::less<>> bans_;
  std::map<std::pair<std::string, std::string>, StoredVerdict> verdicts_;  // by account and UID
  std::map<std::string, Decided> preferences_;                             // by account
  std::map<std::string, Index, std::less<>> indexes_;
  LessonLog lessons_;
  std::map<std::string, Account, std::less<>> accounts_;  // by name
  std::uint64_t next_account_ = 1;
  std::map<std::string, std::string, std::less<>> settings_;
};

}  // namespace postern
