// StateStore: everything that Postern remembers besides mail itself: users, verdicts, what
// mailboxes look like, and the log of lessons.
//
// Implementations: sqlite_store (one file, many processes), memory_store (tests). One contract
// suite runs against each: tests/contract/state_store_contract_test.cc.
//
// Thread rule: safe from any thread. Blocking; call it on a worker. Every change is durable when
// the call returns, and happens wholly or not at all, also across kill -9 and power loss.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/blob.h"
#include "base/clock.h"
#include "base/mail_class.h"
#include "base/result.h"
#include "filter/preferences.h"
#include "filter/verdict.h"
#include "state/stored_account.h"

namespace postern {

// What is kept beside a password's hash, for mechanisms that a hash does not serve. Each may be
// empty: not possible with this password.
struct PasswordKeys {
  std::string scram_sha_1{};    // as base/scram.h writes them
  std::string scram_sha_256{};  //
  std::string sealed_secret{};  // the password itself, sealed (base/crypto.h)
};

struct User {
  std::string name;
  std::string password_hash;  // crypt(3) form, see base/password.h
  UnixSeconds created{};
  PasswordKeys keys{};
};

// A password beside the main one, for one device or program.
struct AppPassword {
  std::string device;  // its name; unique for a user
  std::string password_hash;
  PasswordKeys keys{};
  UnixSeconds created{};
  UnixSeconds last_seen{};  // 0: never used
};

// Which ways to log in the users have.
struct CredentialCounts {
  std::uint64_t users = 0;
  std::uint64_t scram_sha_1 = 0;  // users who have such keys
  std::uint64_t scram_sha_256 = 0;
  std::uint64_t secrets = 0;  // passwords that can be recovered, those of devices included
};

// An address from which nobody may log in for a while.
struct Ban {
  std::string address;
  std::string why;
  UnixSeconds since{};
  UnixSeconds until{};
};

// A verdict as it was shown; `ledger` is kept so that it can be explained later.
struct StoredVerdict {
  std::string uid;
  std::string id;  // 16 characters, what the label says
  Verdict verdict;
  UnixSeconds time{};
};

// One lesson of the append-only log. A model is a fold of the active lessons in order of number.
struct Lesson {
  std::uint64_t number = 0;  // 1, 2, ...; never reused
  std::string digest;        // 64 hex digits: identity of the message taught (see filter/learner.h)
  MailClass taught = MailClass::ham;
  std::string source;  // who or what taught: "cli", "index", ...
  UnixSeconds time{};
};

// What a fold must know to notice that a model is out of date.
struct LessonLogPosition {
  std::uint64_t last_number = 0;  // number of the newest lesson, active or not
  std::uint64_t revocations = 0;  // grows whenever a lesson is taken back
  friend bool operator==(const LessonLogPosition&, const LessonLogPosition&) = default;
};

class StateStore {
 public:
  virtual ~StateStore() = default;

  // Users. Names are case-sensitive, 1 to 255 octets without control characters.
  virtual Result<void> add_user(const User& user) = 0;  // bad_data when it exists
  // Errc::no_user when unknown; so do the others below.
  virtual Result<void> set_password(std::string_view name, std::string_view hash,
                                    const PasswordKeys& keys) = 0;
  virtual Result<void> remove_user(std::string_view name) = 0;  // with all that was theirs
  virtual Result<std::optional<User>> find_user(std::string_view name) = 0;
  virtual Result<std::vector<User>> list_users() = 0;  // by name

  virtual Result<CredentialCounts> count_credentials() = 0;

  virtual Result<void> add_app_password(std::string_view user,
                                        const AppPassword& password) = 0;  // bad_data: it exists
  // By device; empty for a user that does not exist.
  virtual Result<std::vector<AppPassword>> list_app_passwords(std::string_view user) = 0;
  virtual Result<void> remove_app_password(std::string_view user, std::string_view device) = 0;
  // No error when it is gone meanwhile.
  virtual Result<void> note_app_password_use(std::string_view user, std::string_view device,
                                             UnixSeconds time) = 0;

  // Bans, by address; a new one replaces the old.
  virtual Result<void> put_ban(const Ban& ban) = 0;
  virtual Result<void> remove_ban(std::string_view address) = 0;  // no_input when there is none
  virtual Result<std::vector<Ban>> list_bans() = 0;               // by address

  // Verdicts, by account (user name) and UID.
  virtual Result<std::optional<StoredVerdict>> find_verdict(std::string_view account,
                                                            std::string_view uid) = 0;
  // All in one transaction; an existing verdict of a UID is replaced.
  virtual Result<void> put_verdicts(std::string_view account,
                                    std::span<const StoredVerdict> verdicts) = 0;
  virtual Result<void> forget_verdicts(std::string_view account,
                                       std::span<const std::string> uids) = 0;

  // What a user decided over rules and models (filter/preferences.h), by account. Patterns and rule
  // names are kept as given. A pattern is on one list: put_sender moves it.
  virtual Result<void> put_sender(std::string_view account, const SenderEntry& entry) = 0;
  // False when the pattern was not on that list.
  virtual Result<bool> remove_sender(std::string_view account, SenderList list,
                                     std::string_view pattern) = 0;
  virtual Result<std::vector<SenderEntry>> list_senders(
      std::string_view account) = 0;  // by pattern
  virtual Result<void> put_rule_score(std::string_view account, const RuleScore& score) = 0;
  virtual Result<bool> remove_rule_score(std::string_view account, std::string_view rule) = 0;
  virtual Result<std::vector<RuleScore>> list_rule_scores(std::string_view account) = 0;  // by rule

  // What store/mailbox.h calls an index, for the mailbox of that name (account and path).
  // A plain struct here, because state does not know store; server adapts the two.
  struct IndexRow {
    std::string key, uid;
    std::uint64_t size = 0, stored_size = 0;
  };
  // In the order of insertion; a row that was added again has moved to the end.
  virtual Result<std::vector<IndexRow>> load_index(std::string_view mailbox) = 0;
  virtual Result<void> update_index(std::string_view mailbox, std::span<const IndexRow> added,
                                    std::span<const std::string> forgotten_keys) = 0;
  virtual Result<std::uint64_t> reserve_numbers(std::string_view mailbox, std::uint64_t count) = 0;

  // Lessons. `content` is what the lesson is learnt from (stored compressed).
  // add_lessons appends all in one transaction and gives the first one's number (they are
  // consecutive). The caller makes sure that no active lesson has the same digest; where somebody
  // else taught one meanwhile, nothing is added and the error is Errc::busy.
  struct NewLesson {
    Lesson lesson;  // `number` is ignored
    Blob content;
  };
  // `revoked` are taken back in the same transaction: a lesson that contradicts an earlier one
  // replaces it, and a crash never leaves neither.
  virtual Result<std::uint64_t> add_lessons(std::span<const NewLesson> lessons,
                                            std::span<const std::uint64_t> revoked = {}) = 0;
  // Marks lessons as taken back; they stay in the log. Unknown or inactive numbers are ignored.
  virtual Result<void> revoke_lessons(std::span<const std::uint64_t> numbers) = 0;
  virtual Result<std::optional<Lesson>> find_lesson(std::string_view digest) = 0;  // active one
  // All active lessons in order of number, without what they teach.
  virtual Result<std::vector<Lesson>> list_lessons() = 0;
  // Active lessons with a number greater than `after`, in order, at most `limit`.
  virtual Result<std::vector<NewLesson>> read_lessons(std::uint64_t after, std::size_t limit) = 0;
  struct LessonCounts {
    std::uint64_t ham = 0, spam = 0;
  };
  virtual Result<LessonCounts> count_lessons() = 0;  // active ones
  virtual Result<LessonLogPosition> lesson_log_position() = 0;

  // Accounts at providers (state/stored_account.h), by name.
  // Gives the id. Errc::bad_data when the name is taken, or the user has an account already.
  virtual Result<std::uint64_t> add_account(const StoredAccount& account) = 0;
  // Errc::no_user when unknown; so do the others below.
  virtual Result<void> remove_account(std::string_view name) = 0;  // with what it has spooled
  virtual Result<void> set_account_state(std::string_view name, AccountState state) = 0;
  virtual Result<void> set_account_secret(std::string_view name, std::string_view sealed) = 0;
  virtual Result<std::optional<StoredAccount>> find_account(std::string_view name) = 0;
  virtual Result<std::optional<StoredAccount>> account_of_user(std::string_view user) = 0;
  virtual Result<std::vector<StoredAccount>> list_accounts() = 0;  // by name
  // No error when the account is gone meanwhile.
  virtual Result<void> note_account_poll(std::uint64_t account, const AccountPoll& poll) = 0;

  // Messages of an account that were fetched, in the order in which they were.
  virtual Result<std::vector<SpooledMessage>> load_spool(std::uint64_t account,
                                                         SpoolStates states) = 0;
  // All or none; Errc::bad_data when a UID is taken. Errc::no_user when the account is gone.
  virtual Result<void> add_spooled(std::uint64_t account,
                                   std::span<const SpooledMessage> messages) = 0;
  // All in one transaction; gives how many of the steps were taken.
  virtual Result<std::uint64_t> change_spool(std::uint64_t account,
                                             std::span<const SpoolChange> changes) = 0;

  // Small named values that must survive (keys of this installation and the like).
  virtual Result<std::optional<std::string>> find_setting(std::string_view name) = 0;
  virtual Result<void> put_setting(std::string_view name, std::string_view value) = 0;
};

}  // namespace postern
