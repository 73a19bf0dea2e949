// Accounts: who may log in, and which maildrop is theirs: the spool of their account at a provider,
// if they have one, else a mailbox on this machine.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/authenticator.h"
#include "server/disk_inbox.h"
#include "server/inbox.h"
#include "server/login_delay.h"
#include "server/maildrop.h"
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
    Authenticator::Setting authentication;
    std::vector<std::string> authserv_ids{};  // whose Authentication-Results are believed
    bool shared_maildrops = false;            // several sessions may have one open
    std::chrono::seconds login_delay{0};      // between logins of a user; 0: none
    bool add_separator = false;               // as in Labeler::apply()
    std::string spool{};                      // where mail of stored accounts lies
    // There is something to tell the provider of this stored account.
    std::function<void(std::uint64_t)> on_spool_removed{};
  };

  // The store and the scan service must outlive it.
  Accounts(Setting setting, StateStore& store, ScanService& scan_service);

  std::optional<LoginMethods> known_methods() override { return authenticator_.known_methods(); }
  LoginMethods find_methods() override { return authenticator_.find_methods(); }
  Result<ScramCandidates> scram_keys(std::string_view user, ScramHash hash) override {
    return authenticator_.scram_keys(user, hash);
  }
  Result<std::unique_ptr<Inbox>> open(const LoginRequest& request) override;

 private:
  // A user's mail: opened by `open`, which gets the index that belongs to it.
  struct Place {
    std::string name;  // of the maildrop
    std::function<Result<std::unique_ptr<Mailbox>>(MessageIndex&)> open;
  };
  Result<Place> place_of(const std::string& user);
  Result<Place> spool_of(const StoredAccount& account);

  const Setting setting_;
  StateStore& store_;
  ScanService& scan_service_;
  Authenticator authenticator_;
  LoginDelay login_delay_;
  MaildropTable maildrops_;
};

}  // namespace postern
