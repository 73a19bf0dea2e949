#include "server/accounts.h"

#include "mail/saslprep.h"
#include "server/mailbox_index.h"
#include "server/spool_mailbox.h"
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
      authenticator_(setting_.authentication, store),
      login_delay_(setting_.login_delay, setting_.authentication.clock),
      maildrops_(setting_.shared_maildrops) {}

Result<Accounts::Place> Accounts::place_of(const std::string& user) {
  const auto account = store_.account_of_user(user);
  if (!account) return account.error();
  if (*account) return spool_of(**account);
  if (setting_.maildir_pattern.empty()) {
    return Error(Errc::configuration, "'" + user +
                                          "' has neither an account (`postern account add`) nor, "
                                          "without the setting maildir, a mailbox here");
  }
  const Result<std::string> path = expand_maildir_pattern(setting_.maildir_pattern, user);
  if (!path) return path.error();
  return Place{*path, [path = *path](MessageIndex& index) { return open_mailbox(path, index); }};
}

// An empty maildrop is shown only when the provider has said that it is one: clients forget what is
// no longer listed, and fetch it anew.
Result<Accounts::Place> Accounts::spool_of(const StoredAccount& account) {
  if (account.last_success == UnixSeconds{}) {
    const std::string why = account.last_error.empty() ? "" : ": " + account.last_error;
    return Error(Errc::unavailable,
                 "the mail of the account '" + account.name + "' is not fetched yet" + why);
  }
  const SpoolMailbox::Setting setting{store_, account.id,
                                      setting_.spool + "/" + std::to_string(account.id),
                                      setting_.authentication.clock, [this, id = account.id] {
                                        if (setting_.on_spool_removed)
                                          setting_.on_spool_removed(id);
                                      }};
  return Place{setting.folder, [setting](MessageIndex&) -> Result<std::unique_ptr<Mailbox>> {
                 auto mailbox = SpoolMailbox::open(setting);
                 if (!mailbox) return mailbox.error();
                 return std::unique_ptr<Mailbox>(std::move(*mailbox));
               }};
}

namespace {

template <class Open>
Result<std::unique_ptr<Mailbox>> open_unchanged(Maildrop& maildrop, const Open& open,
                                                MessageIndex& index) {
  const std::lock_guard lock(maildrop.files());
  return open(index);
}

}  // namespace

Result<std::unique_ptr<Inbox>> Accounts::open(const LoginRequest& request) {
  const Result<void> allowed = authenticator_.authenticate(request);
  if (!allowed) return allowed.error();
  const std::string user = saslprep(request.user);
  const Result<Place> place = place_of(user);
  if (!place) return place.error();
  Result<std::shared_ptr<Maildrop>> maildrop = maildrops_.open(place->name);
  if (!maildrop) return maildrop.error();
  auto index = std::make_unique<MailboxIndex>(store_, place->name);
  Result<std::unique_ptr<Mailbox>> mailbox = open_unchanged(**maildrop, place->open, *index);
  if (!mailbox) return mailbox.error();
  auto preferences = load_preferences(store_, user, setting_.authserv_ids);
  if (!preferences) return preferences.error();
  const Result<void> timely = login_delay_.log_in(user);
  if (!timely) return timely.error();
  const Authenticator::Setting& shared = setting_.authentication;
  DiskInbox::Setting setting{user,
                             store_,
                             std::move(index),
                             scan_service_.current(),
                             std::move(*preferences),
                             shared.clock,
                             shared.logger,
                             setting_.add_separator};
  return std::unique_ptr<Inbox>(
      std::make_unique<DiskInbox>(std::move(setting), std::move(*mailbox), std::move(*maildrop)));
}

}  // namespace postern
