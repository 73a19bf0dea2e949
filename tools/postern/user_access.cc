// postern user app-password add|list|revoke, postern user bans, postern user unban
#include <fmt/format.h>

#include <cstdio>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/secret_key.h"
#include "commands.h"
#include "mail/saslprep.h"
#include "server/password_record.h"

namespace postern {
namespace {

constexpr const char* recoverable_trade =
    "This password will be kept so that it can be recovered: the server needs it for APOP and\n"
    "CRAM-MD5, which never send a password, but whose checks need the password itself. It is\n"
    "encrypted (AES-256-GCM) under {}. Who reads that file\n"
    "and the database has the password; keep their backups apart. Under TLS other mechanisms are\n"
    "better: SCRAM-SHA-256 needs no such secret. `postern user passwd` without --recoverable "
    "takes\n"
    "it back.\n";

std::string seen(UnixSeconds time) { return time == UnixSeconds{} ? "never" : to_rfc3339(time); }

}  // namespace

Result<std::string> recovery_key(const UserOptions& options) {
  if (!options.recoverable) return std::string();
  const std::string path = StateFolder(options.state).secret_key();
  fmt::print(stderr, recoverable_trade, path);
  return load_or_make_secret_key(path);
}

int run_app_password_add(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const std::string name = saslprep(options.name);
  const auto user = (*store)->find_user(name);
  if (!user) return fail(user.error());
  if (!*user) return fail({Errc::no_user, "there is no user '" + options.name + "'"});
  if (options.device.empty()) return fail({Errc::usage, "the device needs a name"});
  const auto key = recovery_key(options);
  if (!key) return fail(key.error());
  std::string password = random_app_password();
  const auto record =
      make_password_record({name, options.device, password, true, *key, (*user)->keys});
  if (!record) return fail(record.error());
  const auto added = (*store)->add_app_password(
      name, {options.device, record->hash, record->keys, system_clock()(), {}});
  if (!added) return fail(added.error());
  fmt::print(stderr, "The password for '{}', which is not shown again:\n", options.device);
  fmt::print("{}\n", password);
  wipe(password);
  return 0;
}

int run_app_password_list(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto passwords = (*store)->list_app_passwords(saslprep(options.name));
  if (!passwords) return fail(passwords.error());
  for (const AppPassword& one : *passwords) {
    fmt::print("{}\t{}\t{}\t{}\n", one.device, to_rfc3339(one.created), seen(one.last_seen),
               one.keys.sealed_secret.empty() ? "-" : "recoverable");
  }
  return 0;
}

int run_app_password_revoke(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto done = (*store)->remove_app_password(saslprep(options.name), options.device);
  if (!done) return fail(done.error());
  fmt::print("revoked {}\n", options.device);
  return 0;
}

int run_user_bans(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto bans = (*store)->list_bans();
  if (!bans) return fail(bans.error());
  const UnixSeconds now = system_clock()();
  for (const Ban& one : *bans) {
    if (one.until <= now) continue;
    fmt::print("{}\t{}\t{}\t{}\n", one.address, to_rfc3339(one.since), to_rfc3339(one.until),
               one.why);
  }
  return 0;
}

int run_user_unban(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto done = (*store)->remove_ban(options.address);
  if (!done) return fail(done.error());
  fmt::print("lifted the ban on {}\n", options.address);
  return 0;
}

}  // namespace postern
