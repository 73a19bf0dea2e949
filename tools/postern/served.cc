#include "served.h"

#include "app/rule_history.h"
#include "server/accounts.h"

namespace postern {

Result<Served> read_served(const StateFolder& state, StateStore& store) {
  const auto status = load_rule_status(store);
  if (!status) return status.error();
  Served served;
  if (*status) {
    served.judgement = (*status)->judgement;
    served.authserv_ids = (*status)->authserv_ids;
    auto kept = RuleHistory(state.rules()).read((*status)->serving);
    if (kept) {
      served.rules = std::move(*kept);
      return served;
    }
  }
  // What serves was never without errors, or no daemon ran: the files themselves.
  std::vector<std::string> paths = served.judgement.rules;
  if (paths.empty()) paths = {shipped_rules()};
  if (paths.front().empty()) return no_shipped_rules();
  auto sources = read_rule_sources(paths);
  if (!sources) return sources.error();
  served.rules = std::move(*sources);
  return served;
}

Result<std::vector<std::string>> served_authserv_ids(StateStore& store) {
  const auto status = load_rule_status(store);
  if (!status) return status.error();
  return *status ? (*status)->authserv_ids : std::vector<std::string>();
}

Result<void> require_user(StateStore& store, const std::string& name) {
  const auto user = store.find_user(name);
  if (!user) return user.error();
  if (!*user) {
    return Error(Errc::no_user, "there is no user '" + name + "'; `postern user list` names them");
  }
  return {};
}

Result<Preferences> preferences_of(StateStore& store, const std::string& user) {
  if (user.empty()) return Preferences();
  const auto known = require_user(store, user);
  if (!known) return known.error();
  auto ids = served_authserv_ids(store);
  if (!ids) return ids.error();
  return load_preferences(store, user, std::move(*ids));
}

}  // namespace postern
