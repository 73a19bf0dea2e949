// postern account add|list|password|remove|pause|resume|undelete
#include "account.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "app/account_servers.h"
#include "app/installation.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "commands.h"
#include "mail/saslprep.h"
#include "password_input.h"
#include "server/account_secret.h"
#include "state/state_store.h"

namespace postern {

Result<StoredAccount> find_account(StateStore& store, const std::string& name) {
  auto found = store.find_account(name);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  return Error(Errc::no_user,
               "there is no account '" + name + "'; `postern account list` names those there are");
}

namespace {

std::string when(UnixSeconds time) { return time == UnixSeconds{} ? "never" : to_rfc3339(time); }

Result<void> check_name(const std::string& name) {
  const bool odd = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (!name.empty() && name.size() <= 255 && !odd) return {};
  return Error(Errc::usage, "a name has 1 to 255 octets, without control characters");
}

Result<StoredAccount> account_of(const AccountOptions& options) {
  StoredAccount account;
  account.name = options.name;
  account.user = saslprep(options.user);
  account.url = options.url;
  account.login = options.login.empty() ? options.name : options.login;
  account.tls_authorities = options.tls_authorities;
  account.tls_pin = options.tls_pin;
  account.poll_interval = std::chrono::seconds(options.interval);
  account.created = system_clock()();
  const Result<void> named = check_name(account.name);
  if (!named) return named.error();
  const auto server = AccountServers(std::chrono::seconds(30)).server_of(account);
  if (!server) return server.error();
  return account;
}

boost::json::object to_json(const StoredAccount& one) {
  return {{"name", one.name},
          {"user", one.user},
          {"url", one.url},
          {"login", one.login},
          {"interval", one.poll_interval.count()},
          {"state", std::string(to_string(one.state))},
          {"created", to_rfc3339(one.created)},
          {"last_poll", when(one.last_poll)},
          {"last_success", when(one.last_success)},
          {"last_error", one.last_error},
          {"seen", one.seen},
          {"waiting", one.waiting}};
}

// What would be lost with the account, in words; empty when nothing.
Result<std::string> at_stake(StateStore& store, std::uint64_t account) {
  const auto messages = store.load_spool(account, live_states);
  if (!messages) return messages.error();
  const auto number_of = [&](SpoolStates states) {
    return std::count_if(messages->begin(), messages->end(),
                         [&](const SpooledMessage& one) { return states.contains(one.state); });
  };
  const auto only_here = number_of({SpoolState::missing, SpoolState::restored});
  const auto untold = number_of({SpoolState::deleted});
  if (only_here == 0 && untold == 0) return std::string();
  return fmt::format(
      "{} messages may be nowhere but here, and {} deletions have not reached the "
      "provider",
      only_here, untold);
}

int set_state(const AccountOptions& options, AccountState state) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto account = find_account(**store, options.name);
  if (!account) return fail(account.error());
  const auto done = (*store)->set_account_state(options.name, state);
  if (!done) return fail(done.error());
  fmt::print("{} is {}\n", options.name, to_string(state));
  return 0;
}

}  // namespace

int run_account_add(const AccountOptions& options) {
  Result<StoredAccount> account = account_of(options);
  if (!account) return fail(account.error());
  const StateFolder state(options.state);
  const auto store = state.open_store();
  if (!store) return fail(store.error());
  const auto user = (*store)->find_user(account->user);
  if (!user) return fail(user.error());
  Result<std::string> password = read_password(options.password_file);
  if (!password) return fail(password.error());
  Result<std::string> sealed = seal_account_secret(state.secret_key(), account->name, *password);
  wipe(*password);
  if (!sealed) return fail(sealed.error());
  account->sealed_secret = std::move(*sealed);
  const auto added = (*store)->add_account(*account);
  if (!added) return fail(added.error());
  fmt::print("added {}\n", account->name);
  if (!*user) {
    fmt::print(stderr,
               "postern: there is no user '{}' yet: `postern user add {}`, unless passwd_file "
               "names one\n",
               account->user, account->user);
  }
  return 0;
}

int run_account_list(const AccountOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto accounts = (*store)->list_accounts();
  if (!accounts) return fail(accounts.error());
  if (options.json) {
    boost::json::array all;
    for (const StoredAccount& one : *accounts) all.push_back(to_json(one));
    fmt::print("{}\n", boost::json::serialize(all));
    return 0;
  }
  for (const StoredAccount& one : *accounts) {
    fmt::print("{}\t{}\t{}\t{}\t{}\t{}\n", one.name, one.user, one.url, to_string(one.state),
               when(one.last_success), one.last_error.empty() ? "-" : one.last_error);
  }
  return 0;
}

int run_account_password(const AccountOptions& options) {
  const StateFolder state(options.state);
  const auto store = state.open_store();
  if (!store) return fail(store.error());
  const auto account = find_account(**store, options.name);
  if (!account) return fail(account.error());
  Result<std::string> password = read_password(options.password_file);
  if (!password) return fail(password.error());
  const auto sealed = seal_account_secret(state.secret_key(), account->name, *password);
  wipe(*password);
  if (!sealed) return fail(sealed.error());
  const auto done = (*store)->set_account_secret(account->name, *sealed);
  if (!done) return fail(done.error());
  fmt::print("changed the password of {}\n", account->name);
  return 0;
}

int run_account_remove(const AccountOptions& options) {
  const StateFolder state(options.state);
  const auto store = state.open_store();
  if (!store) return fail(store.error());
  const auto account = find_account(**store, options.name);
  if (!account) return fail(account.error());
  const Result<std::string> loss = at_stake(**store, account->id);
  if (!loss) return fail(loss.error());
  if (!loss->empty() && !options.force) {
    return fail({Errc::usage, *loss + "; say --force if that does not matter"});
  }
  const auto done = (*store)->remove_account(account->name);
  if (!done) return fail(done.error());
  std::error_code failure;
  const std::string folder = state.spool() + "/" + std::to_string(account->id);
  std::filesystem::remove_all(folder, failure);
  if (failure) return fail({Errc::io, "cannot remove '" + folder + "': " + failure.message()});
  fmt::print("removed {}; mail at the provider was not touched\n", account->name);
  return 0;
}

int run_account_pause(const AccountOptions& options) {
  return set_state(options, AccountState::paused);
}

int run_account_resume(const AccountOptions& options) {
  return set_state(options, AccountState::active);
}

int run_account_undelete(const AccountOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto account = find_account(**store, options.name);
  if (!account) return fail(account.error());
  const SpoolStates undoable{SpoolState::deleted, SpoolState::removed};
  const auto messages = (*store)->load_spool(account->id, undoable);
  if (!messages) return fail(messages.error());
  if (options.uids.empty() && !options.all) {
    for (const SpooledMessage& one : *messages) {
      fmt::print("{}\t{}\t{}\n", one.uid, to_rfc3339(one.time), one.size);
    }
    return 0;
  }
  std::vector<SpoolChange> steps;
  const UnixSeconds now = system_clock()();
  for (const SpooledMessage& one : *messages) {
    if (options.all) steps.push_back({one.uid, undoable, SpoolState::restored, now, {}});
  }
  for (const std::string& uid : options.uids) {
    steps.push_back({uid, undoable, SpoolState::restored, now, {}});
  }
  const auto taken = (*store)->change_spool(account->id, steps);
  if (!taken) return fail(taken.error());
  fmt::print("took back {} deletions\n", *taken);
  if (*taken == steps.size()) return 0;
  return fail({Errc::no_input, fmt::format("{} of them could not be taken back: they were not "
                                           "deleted, or too long ago",
                                           steps.size() - *taken)});
}

}  // namespace postern
