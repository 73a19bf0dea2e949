// Accounts: who may log in, and which maildrop is theirs.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "server/disk_inbox.h"
#include "server/inbox.h"
#include "server/login_cache.h"
#include "server/scan_service.h"
#include "state/state_store.h"

namespace postern {

// Where a user's mail lies: `pattern` with %u (the whole name), %n (its part before "@") and
// %d (its part behind it); %% is a percent sign. Errc::configuration for another % or a pattern
// that needs a domain which the name has not; Errc::bad_data for a name that would lead out of
// the pattern's folder ("/", ".", "..", NUL).
Result<std::string> expand_maildir_pattern(const std::string& pattern, std::string_view user);

// What the user decided, as it stands in the store now.
Result<Preferences> load_preferences(StateStore& store, std::string_view user,
                                     std::vector<std::string> authserv_ids);

class Accounts final : public InboxProvider {
 public:
  struct Setting {
    std::string maildir_pattern;
    std::chrono::seconds login_cache_lifetime{300};
    Clock clock;
    Logger logger;
    std::vector<std::string> authserv_ids{};  // whose Authentication-Results are believed
  };

  // The store and the scan service must outlive it.
  Accounts(Setting setting, StateStore& store, ScanService& scan_service);

  Result<std::unique_ptr<Inbox>> open(std::string_view user, std::string_view password) override;

 private:
  Result<void> authenticate(std::string_view user, std::string_view password);
  Result<MaildropLock> lock_maildrop(const std::string& path);

  const Setting setting_;
  StateStore& store_;
  ScanService& scan_service_;
  LoginCache login_cache_;
  std::mutex mutex_;
  std::set<std::string> open_maildrops_;  // paths; two names may share one
};

}  // namespace postern
