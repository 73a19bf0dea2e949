#include "server/accounts.h"

#include "base/password.h"
#include "server/mailbox_index.h"
#include "store/open_mailbox.h"

namespace postern {

Result<std::string> expand_maildir_pattern(const std::string& pattern, std::string_view user) {
  const bool climbs = user.empty() || user.front() == '.' ||
                      user.find_first_of(std::string_view("/\0", 2)) != std::string_view::npos;
  const std::size_t at = user.rfind('@');
  const std::string_view local = user.substr(0, at);
  const std::string_view domain =
      at == std::string_view::npos ? std::string_view() : user.substr(at + 1);
  if (climbs || local.empty() || (!domain.empty() && domain.front() == '.')) {
    return Error(Errc::bad_data,
                 "the user name '" + std::string(user) + "' cannot be part of a path");
  }
  std::string path;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      path += pattern[i];
      continue;
    }
    const char what = ++i < pattern.size() ? pattern[i] : '\0';
    if (what == 'd' && domain.empty()) {
      return Error(Errc::configuration, "the pattern '" + pattern + "' needs a domain, and '" +
                                            std::string(user) +
                                            "' has none: log in as user@domain");
    }
    switch (what) {
      case 'u': path += user; break;
      case 'n': path += local; break;
      case 'd': path += domain; break;
      case '%': path += '%'; break;
      default:
        return Error(Errc::configuration,
                     "the pattern '" + pattern + "' may hold %u, %n, %d and %%, but no other %");
    }
  }
  return path;
}

Result<Preferences> load_preferences(StateStore& store, std::string_view user,
                                     std::vector<std::string> authserv_ids) {
  auto senders = store.list_senders(user);
  if (!senders) return senders.error();
  const auto scores = store.list_rule_scores(user);
  if (!scores) return scores.error();
  return Preferences(std::move(*senders), *scores, std::move(authserv_ids));
}

Accounts::Accounts(Setting setting, StateStore& store, ScanService& scan_service)
    : setting_(std::move(setting)),
      store_(store),
      scan_service_(scan_service),
      login_cache_(setting_.login_cache_lifetime, setting_.clock) {}

Result<void> Accounts::authenticate(std::string_view user, std::string_view password) {
  const Result<std::optional<User>> found = store_.find_user(user);
  if (!found) return found.error();
  const bool exists = found->has_value();
  const std::string& hash = exists ? (*found)->password_hash : decoy_password_hash();
  if (exists && login_cache_.knows(user, password, hash)) return {};
  const bool right = verify_password(password, hash);
  if (!exists || !right) return Error(Errc::authentication, "wrong user name or password");
  login_cache_.remember(user, password, hash);
  return {};
}

Result<MaildropLock> Accounts::lock_maildrop(const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!open_maildrops_.insert(path).second) {
    return Error(Errc::busy, "another session has the maildrop '" + path + "' open");
  }
  return MaildropLock([this, path] {
    const std::lock_guard<std::mutex> unlock(mutex_);
    open_maildrops_.erase(path);
  });
}

Result<std::unique_ptr<Inbox>> Accounts::open(std::string_view user, std::string_view password) {
  const Result<void> allowed = authenticate(user, password);
  if (!allowed) return allowed.error();
  const Result<std::string> path = expand_maildir_pattern(setting_.maildir_pattern, user);
  if (!path) return path.error();
  Result<MaildropLock> lock = lock_maildrop(*path);
  if (!lock) return lock.error();
  auto index = std::make_unique<MailboxIndex>(store_, *path);
  Result<std::unique_ptr<Mailbox>> mailbox = open_mailbox(*path, *index);
  if (!mailbox) return mailbox.error();
  auto preferences = load_preferences(store_, user, setting_.authserv_ids);
  if (!preferences) return preferences.error();
  DiskInbox::Setting setting{
      std::string(user),       store_,         std::move(index), scan_service_.current(),
      std::move(*preferences), setting_.clock, setting_.logger};
  return std::unique_ptr<Inbox>(
      std::make_unique<DiskInbox>(std::move(setting), std::move(*mailbox), std::move(*lock)));
}

}  // namespace postern
