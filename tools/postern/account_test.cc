// postern account test
#include "account.h"

#include <fmt/format.h>

#include "app/account_servers.h"
#include "app/installation.h"
#include "base/crypto.h"
#include "commands.h"
#include "mail/saslprep.h"
#include "server/account_secret.h"
#include "server/upstream_probe.h"

namespace postern {
namespace {

constexpr std::chrono::seconds patience{30};

Result<UpstreamProbe> test_account(const AccountOptions& options) {
  const StateFolder state(options.state);
  const auto store = state.open_store();
  if (!store) return store.error();
  const auto account = find_account(**store, options.name);
  if (!account) return account.error();
  const auto networks = AddressSet::parse(options.networks);
  if (!networks) return networks.error();
  const auto server = AccountServers(patience).server_of(*account);
  if (!server) return server.error();
  Result<std::string> password = open_account_secret(state.secret_key(), *account);
  if (!password) return password.error();
  SaslCredentials credentials;
  credentials.user = account->login;
  credentials.prepared_password = saslprep(*password);
  credentials.password = std::move(*password);
  Dialer::Setting dialling;
  dialling.allowed = *networks;
  return probe_upstream(*server, std::move(credentials), dialling);
}

}  // namespace

int run_account_test(const AccountOptions& options) {
  const Result<UpstreamProbe> seen = test_account(options);
  if (!seen) {
    const bool refused = seen.error().kind() == Errc::authentication;
    const std::string what_to_do =
        refused ? "; `postern account password " + options.name + "` changes the password" : "";
    return fail({seen.error().kind(), seen.error().detail + what_to_do});
  }
  fmt::print("{}: {} messages, {} octets; logged in by {}{}\n", options.name, seen->messages,
             seen->octets, seen->login_method, seen->tls ? " under TLS" : ", without TLS");
  if (!seen->uidl) {
    fmt::print(stderr,
               "postern: the server does not say that it has UIDL; where it has none, messages are "
               "known by their headers\n");
  }
  return 0;
}

}  // namespace postern
