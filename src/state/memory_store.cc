#include "state/memory_store.h"

#include <algorithm>
#include <set>

namespace postern {
namespace {

Error no_such_user(std::string_view name) {
  return {Errc::no_user, "there is no user '" + std::string(name) + "'"};
}

}  // namespace

Result<void> MemoryStore::add_user(const User& user) {
  const std::lock_guard lock(mutex_);
  if (!users_.emplace(user.name, user).second) {
    return Error(Errc::bad_data, "there is a user '" + user.name + "' already");
  }
  return {};
}

Result<void> MemoryStore::set_password(std::string_view name, std::string_view hash,
                                       const PasswordKeys& keys) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end()) return no_such_user(name);
  found->second.password_hash = hash;
  found->second.keys = keys;
  return {};
}

Result<void> MemoryStore::remove_user(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end()) return no_such_user(name);
  users_.erase(found);
  preferences_.erase(std::string(name));
  app_passwords_.erase(std::string(name));
  return {};
}

Result<std::optional<User>> MemoryStore::find_user(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  if (found == users_.end()) return std::optional<User>();
  return std::optional<User>(found->second);
}

Result<std::vector<User>> MemoryStore::list_users() {
  const std::lock_guard lock(mutex_);
  std::vector<User> users;
  for (const auto& [name, user] : users_) users.push_back(user);
  return users;
}

Result<CredentialCounts> MemoryStore::count_credentials() {
  const std::lock_guard lock(mutex_);
  CredentialCounts counts;
  for (const auto& [name, user] : users_) {
    ++counts.users;
    if (!user.keys.scram_sha_1.empty()) ++counts.scram_sha_1;
    if (!user.keys.scram_sha_256.empty()) ++counts.scram_sha_256;
    if (!user.keys.sealed_secret.empty()) ++counts.secrets;
  }
  for (const auto& [name, devices] : app_passwords_) {
    for (const auto& [device, password] : devices) {
      if (!password.keys.sealed_secret.empty()) ++counts.secrets;
    }
  }
  return counts;
}

Result<void> MemoryStore::add_app_password(std::string_view user, const AppPassword& password) {
  const std::lock_guard lock(mutex_);
  if (users_.find(user) == users_.end()) return no_such_user(user);
  if (!app_passwords_[std::string(user)].emplace(password.device, password).second) {
    return Error(Errc::bad_data, "there is an app password '" + password.device + "' already");
  }
  return {};
}

Result<std::vector<AppPassword>> MemoryStore::list_app_passwords(std::string_view user) {
  const std::lock_guard lock(mutex_);
  std::vector<AppPassword> passwords;
  const auto found = app_passwords_.find(user);
  if (found == app_passwords_.end()) return passwords;
  for (const auto& [device, password] : found->second) passwords.push_back(password);
  return passwords;
}

Result<void> MemoryStore::remove_app_password(std::string_view user, std::string_view device) {
  const std::lock_guard lock(mutex_);
  const auto found = app_passwords_.find(user);
  if (found == app_passwords_.end() || found->second.erase(std::string(device)) == 0) {
    return Error(Errc::no_user,
                 "'" + std::string(user) + "' has no app password '" + std::string(device) + "'");
  }
  return {};
}

Result<void> MemoryStore::note_app_password_use(std::string_view user, std::string_view device,
                                                UnixSeconds time) {
  const std::lock_guard lock(mutex_);
  const auto found = app_passwords_.find(user);
  if (found == app_passwords_.end()) return {};
  const auto password = found->second.find(device);
  if (password != found->second.end()) password->second.last_seen = time;
  return {};
}

Result<void> MemoryStore::put_ban(const Ban& ban) {
  const std::lock_guard lock(mutex_);
  bans_.insert_or_assign(ban.address, ban);
  return {};
}

Result<void> MemoryStore::remove_ban(std::string_view address) {
  const std::lock_guard lock(mutex_);
  const auto found = bans_.find(address);
  if (found == bans_.end()) {
    return Error(Errc::no_input, "there is no ban on '" + std::string(address) + "'");
  }
  bans_.erase(found);
  return {};
}

Result<std::vector<Ban>> MemoryStore::list_bans() {
  const std::lock_guard lock(mutex_);
  std::vector<Ban> bans;
  for (const auto& [address, ban] : bans_) bans.push_back(ban);
  return bans;
}

Result<std::optional<StoredVerdict>> MemoryStore::find_verdict(std::string_view account,
                                                               std::string_view uid) {
  const std::lock_guard lock(mutex_);
  const auto found = verdicts_.find({std::string(account), std::string(uid)});
  if (found == verdicts_.end()) return std::optional<StoredVerdict>();
  return std::optional<StoredVerdict>(found->second);
}

Result<void> MemoryStore::put_verdicts(std::string_view account,
                                       std::span<const StoredVerdict> verdicts) {
  const std::lock_guard lock(mutex_);
  for (const StoredVerdict& verdict : verdicts) {
    verdicts_.insert_or_assign({std::string(account), verdict.uid}, verdict);
  }
  return {};
}

Result<void> MemoryStore::forget_verdicts(std::string_view account,
                                          std::span<const std::string> uids) {
  const std::lock_guard lock(mutex_);
  for (const std::string& uid : uids) verdicts_.erase({std::string(account), uid});
  return {};
}

Result<void> MemoryStore::put_sender(std::string_view account, const SenderEntry& entry) {
  const std::lock_guard lock(mutex_);
  preferences_[std::string(account)].senders.insert_or_assign(entry.pattern, entry);
  return {};
}

Result<bool> MemoryStore::remove_sender(std::string_view account, SenderList list,
                                        std::string_view pattern) {
  const std::lock_guard lock(mutex_);
  auto& senders = preferences_[std::string(account)].senders;
  const auto found = senders.find(std::string(pattern));
  if (found == senders.end() || found->second.list != list) return false;
  senders.erase(found);
  return true;
}

Result<std::vector<SenderEntry>> MemoryStore::list_senders(std::string_view account) {
  const std::lock_guard lock(mutex_);
  std::vector<SenderEntry> entries;
  for (const auto& [pattern, entry] : preferences_[std::string(account)].senders) {
    entries.push_back(entry);
  }
  return entries;
}

Result<void> MemoryStore::put_rule_score(std::string_view account, const RuleScore& score) {
  const std::lock_guard lock(mutex_);
  preferences_[std::string(account)].scores.insert_or_assign(score.rule, score.points);
  return {};
}

Result<bool> MemoryStore::remove_rule_score(std::string_view account, std::string_view rule) {
  const std::lock_guard lock(mutex_);
  return preferences_[std::string(account)].scores.erase(std::string(rule)) > 0;
}

Result<std::vector<RuleScore>> MemoryStore::list_rule_scores(std::string_view account) {
  const std::lock_guard lock(mutex_);
  std::vector<RuleScore> scores;
  for (const auto& [rule, points] : preferences_[std::string(account)].scores) {
    scores.push_back({rule, points});
  }
  return scores;
}

Result<std::vector<StateStore::IndexRow>> MemoryStore::load_index(std::string_view mailbox) {
  const std::lock_guard lock(mutex_);
  const auto found = indexes_.find(mailbox);
  return found == indexes_.end() ? std::vector<IndexRow>() : found->second.rows;
}

Result<void> MemoryStore::update_index(std::string_view mailbox, std::span<const IndexRow> added,
                                       std::span<const std::string> forgotten_keys) {
  const std::lock_guard lock(mutex_);
  std::set<std::string_view> leaving(forgotten_keys.begin(), forgotten_keys.end());
  for (const IndexRow& row : added) leaving.insert(row.key);
  std::vector<IndexRow>& rows = indexes_[std::string(mailbox)].rows;
  std::erase_if(rows, [&](const IndexRow& row) { return leaving.contains(row.key); });
  rows.insert(rows.end(), added.begin(), added.end());
  return {};
}

Result<std::uint64_t> MemoryStore::reserve_numbers(std::string_view mailbox, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  return std::exchange(indexes_[std::string(mailbox)].next_number,
                       indexes_[std::string(mailbox)].next_number + count);
}

const MemoryStore::LoggedLesson* MemoryStore::active_lesson(const LessonLog& log,
                                                            std::string_view digest) {
  const auto found = std::find_if(log.begin(), log.end(), [&](const LoggedLesson& one) {
    return one.active && one.lesson.lesson.digest == digest;
  });
  return found == log.end() ? nullptr : &*found;
}

void MemoryStore::revoke(LessonLog& log, std::span<const std::uint64_t> numbers) {
  for (const std::uint64_t number : numbers) {
    if (number >= 1 && number <= log.size()) log[number - 1].active = false;
  }
}

Result<std::uint64_t> MemoryStore::add_lessons(std::span<const NewLesson> lessons,
                                               std::span<const std::uint64_t> revoked) {
  const std::lock_guard lock(mutex_);
  // Worked out on a copy, so that a refusal changes nothing.
  std::vector<LoggedLesson> log = lessons_;
  revoke(log, revoked);
  for (const NewLesson& lesson : lessons) {
    if (active_lesson(log, lesson.lesson.digest) != nullptr) {
      return Error(Errc::busy, "the message " + lesson.lesson.digest +
                                   " is being taught by somebody else; try again");
    }
    log.push_back({lesson});
    log.back().lesson.lesson.number = log.size();
  }
  const std::uint64_t first = lessons_.size() + 1;
  lessons_ = std::move(log);
  return first;
}

Result<void> MemoryStore::revoke_lessons(std::span<const std::uint64_t> numbers) {
  const std::lock_guard lock(mutex_);
  revoke(lessons_, numbers);
  return {};
}

Result<std::optional<Lesson>> MemoryStore::find_lesson(std::string_view digest) {
  const std::lock_guard lock(mutex_);
  const LoggedLesson* const found = active_lesson(lessons_, digest);
  if (found == nullptr) return std::optional<Lesson>();
  return std::optional<Lesson>(found->lesson.lesson);
}

Result<std::vector<Lesson>> MemoryStore::list_lessons() {
  const std::lock_guard lock(mutex_);
  std::vector<Lesson> lessons;
  for (const LoggedLesson& logged : lessons_) {
    if (logged.active) lessons.push_back(logged.lesson.lesson);
  }
  return lessons;
}

Result<std::vector<StateStore::NewLesson>> MemoryStore::read_lessons(std::uint64_t after,
                                                                     std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<NewLesson> lessons;
  for (const LoggedLesson& logged : lessons_) {
    if (lessons.size() == limit) break;
    if (logged.active && logged.lesson.lesson.number > after) lessons.push_back(logged.lesson);
  }
  return lessons;
}

Result<StateStore::LessonCounts> MemoryStore::count_lessons() {
  const std::lock_guard lock(mutex_);
  LessonCounts counts;
  for (const LoggedLesson& logged : lessons_) {
    if (!logged.active) continue;
    ++(logged.lesson.lesson.taught == MailClass::ham ? counts.ham : counts.spam);
  }
  return counts;
}

Result<LessonLogPosition> MemoryStore::lesson_log_position() {
  const std::lock_guard lock(mutex_);
  const auto revoked = std::count_if(lessons_.begin(), lessons_.end(),
                                     [](const LoggedLesson& one) { return !one.active; });
  return LessonLogPosition{lessons_.size(), static_cast<std::uint64_t>(revoked)};
}

Result<std::optional<std::string>> MemoryStore::find_setting(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = settings_.find(name);
  if (found == settings_.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Result<void> MemoryStore::put_setting(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  settings_.insert_or_assign(std::string(name), std::string(value));
  return {};
}

}  // namespace postern
