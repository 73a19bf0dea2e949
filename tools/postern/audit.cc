// postern audit
#include <fmt/format.h>

#include <boost/json.hpp>

#include "account.h"
#include "app/installation.h"
#include "commands.h"
#include "server/spool_audit.h"

namespace postern {
namespace {

void print_text(const std::string& name, const SpoolAudit& audit) {
  fmt::print("{}: {} messages ever fetched, {} octets here\n", name, audit.seen, audit.octets);
  for (std::size_t i = 0; i < audit.counts.size(); ++i) {
    fmt::print("{}\t{}\n", to_string(static_cast<SpoolState>(i)), audit.counts[i]);
  }
  fmt::print("waiting\t{}\nleftovers\t{}\ncontradictions\t{}\n", audit.waiting, audit.leftovers,
             audit.contradictions.size());
  for (const std::string& one : audit.contradictions) fmt::print(stderr, "postern: {}\n", one);
}

void print_json(const std::string& name, const SpoolAudit& audit) {
  boost::json::object states;
  for (std::size_t i = 0; i < audit.counts.size(); ++i) {
    states[std::string(to_string(static_cast<SpoolState>(i)))] = audit.counts[i];
  }
  const boost::json::array contradictions(audit.contradictions.begin(), audit.contradictions.end());
  const boost::json::object all{{"account", name},
                                {"seen", audit.seen},
                                {"states", states},
                                {"octets", audit.octets},
                                {"waiting", audit.waiting},
                                {"leftovers", audit.leftovers},
                                {"contradictions", contradictions}};
  fmt::print("{}\n", boost::json::serialize(all));
}

}  // namespace

int run_audit(const AccountOptions& options) {
  const StateFolder state(options.state);
  const auto store = state.open_store();
  if (!store) return fail(store.error());
  const auto account = find_account(**store, options.name);
  if (!account) return fail(account.error());
  const auto audit =
      audit_spool(**store, *account, state.spool() + "/" + std::to_string(account->id));
  if (!audit) return fail(audit.error());
  options.json ? print_json(options.name, *audit) : print_text(options.name, *audit);
  return audit->contradictions.empty() ? 0 : static_cast<int>(Errc::bad_data);
}

}  // namespace postern
