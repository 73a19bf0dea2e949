// The commands `postern account ...` and `postern audit`; as in commands.h.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "state/state_store.h"

namespace CLI {
class App;
}

namespace postern {

struct AccountOptions {
  std::string state;
  std::string name;
  std::string user;             // add
  std::string url;              // add
  std::string login;            // add; empty: the name
  std::string password_file;    // add, password
  std::string tls_authorities;  // add
  std::string tls_pin;          // add
  std::uint64_t interval = 300;
  std::vector<std::string> networks;  // test
  std::vector<std::string> uids;      // undelete
  bool all = false;                   // undelete
  bool force = false;                 // remove
  bool json = false;
};

int run_account_add(const AccountOptions& options);
int run_account_list(const AccountOptions& options);
int run_account_test(const AccountOptions& options);
int run_account_password(const AccountOptions& options);
int run_account_remove(const AccountOptions& options);
int run_account_pause(const AccountOptions& options);
int run_account_resume(const AccountOptions& options);
int run_account_undelete(const AccountOptions& options);
int run_audit(const AccountOptions& options);

// Errc::no_user with what to do when there is none.
Result<StoredAccount> find_account(StateStore& store, const std::string& name);

// In command_account.cc. Adds them to the program; `status` is what the one that ran ended with.
// Both live as long as the arguments are parsed.
void add_account_commands(CLI::App& app, AccountOptions& options, int& status);

}  // namespace postern
