// postern user add|passwd|remove|list
#include <fmt/format.h>

#include <cstdio>

#include "base/clock.h"
#include "base/crypto.h"
#include "commands.h"
#include "mail/saslprep.h"
#include "password_input.h"
#include "server/password_record.h"

namespace postern {
namespace {

// Asks for the password, and makes what is kept of it; `siblings` as in NewPassword.
Result<PasswordRecord> new_password_record(const UserOptions& options, const std::string& name,
                                           const PasswordKeys& siblings) {
  const Result<std::string> key = recovery_key(options);
  if (!key) return key.error();
  Result<std::string> password = read_new_password();
  if (!password) return password.error();
  Result<PasswordRecord> record =
      make_password_record({name, "", *password, false, *key, siblings});
  wipe(*password);
  return record;
}

}  // namespace

int run_user_add(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const std::string name = saslprep(options.name);
  const auto known = (*store)->find_user(name);
  if (!known) return fail(known.error());
  if (*known) {
    return fail(
        {Errc::bad_data, "the user '" + options.name +
                             "' exists already; `postern user passwd` changes the password"});
  }
  const auto record = new_password_record(options, name, {});
  if (!record) return fail(record.error());
  const auto added = (*store)->add_user({name, record->hash, system_clock()(), record->keys});
  if (!added) return fail(added.error());
  fmt::print("added {}\n", options.name);
  return 0;
}

int run_user_passwd(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const std::string name = saslprep(options.name);
  const auto known = (*store)->find_user(name);
  if (!known) return fail(known.error());
  if (!*known) return fail({Errc::no_user, "there is no user '" + options.name + "'"});
  const auto record = new_password_record(options, name, (*known)->keys);
  if (!record) return fail(record.error());
  const auto done = (*store)->set_password(name, record->hash, record->keys);
  if (!done) return fail(done.error());
  fmt::print("changed the password of {}\n", options.name);
  return 0;
}

int run_user_remove(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto done = (*store)->remove_user(saslprep(options.name));
  if (!done) return fail(done.error());
  fmt::print("removed {}; the mail was not touched\n", options.name);
  return 0;
}

int run_user_list(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto users = (*store)->list_users();
  if (!users) return fail(users.error());
  for (const User& user : *users) fmt::print("{}\t{}\n", user.name, to_rfc3339(user.created));
  return 0;
}

}  // namespace postern
