// SqliteStore, the part of it that says who may log in: users, their passwords, bans.
#include "state/sqlite_store.h"

namespace postern {
namespace {

std::int64_t seconds(UnixSeconds time) { return time.time_since_epoch().count(); }
UnixSeconds time_of(std::int64_t since_epoch) {
  return UnixSeconds(std::chrono::seconds(since_epoch));
}

Error no_such_user(std::string_view name) {
  return {Errc::no_user, "there is no user '" + std::string(name) + "'"};
}

// Columns in the order of the queries below.
User user_of(const SqliteStatement& row) {
  return {std::string(row.text(0)),
          std::string(row.text(1)),
          time_of(row.integer(2)),
          {std::string(row.text(3)), std::string(row.text(4)), std::string(row.octets(5))}};
}

}  // namespace

Result<void> SqliteStore::add_user(const User& user) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto added = database.run(
        "INSERT INTO users (name, password_hash, created, scram_sha_1, scram_sha_256,"
        " sealed_secret) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        user.name, user.password_hash, seconds(user.created), user.keys.scram_sha_1,
        user.keys.scram_sha_256, SqliteStatement::Octets{user.keys.sealed_secret});
    if (!added) return added.error();
    if (*added == 0) return Error(Errc::bad_data, "there is a user '" + user.name + "' already");
    return {};
  });
}

Result<void> SqliteStore::set_password(std::string_view name, std::string_view hash,
                                       const PasswordKeys& keys) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed = database.run(
        "UPDATE users SET password_hash = ?2, scram_sha_1 = ?3, scram_sha_256 = ?4,"
        " sealed_secret = ?5 WHERE name = ?1",
        name, hash, keys.scram_sha_1, keys.scram_sha_256,
        SqliteStatement::Octets{keys.sealed_secret});
    if (!changed) return changed.error();
    if (*changed == 0) return no_such_user(name);
    return {};
  });
}

Result<void> SqliteStore::remove_user(std::string_view name) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed = database.run("DELETE FROM users WHERE name = ?1", name);
    if (!changed) return changed.error();
    if (*changed == 0) return no_such_user(name);
    const auto senders = database.run("DELETE FROM senders WHERE account = ?1", name);
    if (!senders) return senders.error();
    const auto scores = database.run("DELETE FROM rule_scores WHERE account = ?1", name);
    if (!scores) return scores.error();
    return {};
  });
}

Result<std::optional<User>> SqliteStore::find_user(std::string_view name) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT name, password_hash, created, scram_sha_1, scram_sha_256, sealed_secret"
      " FROM users WHERE name = ?1",
      name);
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  if (!*row) return std::optional<User>();
  return std::optional<User>(user_of(*rows));
}

Result<std::vector<User>> SqliteStore::list_users() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT name, password_hash, created, scram_sha_1, scram_sha_256, sealed_secret"
      " FROM users ORDER BY name");
  if (!rows) return rows.error();
  std::vector<User> users;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return users;
    users.push_back(user_of(*rows));
  }
}

Result<CredentialCounts> SqliteStore::count_credentials() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT count(*), count(*) FILTER (WHERE scram_sha_1 <> ''),"
      " count(*) FILTER (WHERE scram_sha_256 <> ''), count(*) FILTER (WHERE sealed_secret <> x'')"
      " + (SELECT count(*) FROM app_passwords WHERE sealed_secret <> x'') FROM users");
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  return CredentialCounts{rows->unsigned_integer(0), rows->unsigned_integer(1),
                          rows->unsigned_integer(2), rows->unsigned_integer(3)};
}

// App passwords

Result<void> SqliteStore::add_app_password(std::string_view user, const AppPassword& password) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto known = database.integer("SELECT count(*) FROM users WHERE name = ?1", user);
    if (!known) return known.error();
    if (*known == 0) return no_such_user(user);
    const auto added = database.run(
        "INSERT INTO app_passwords (user, device, password_hash, scram_sha_1, scram_sha_256,"
        " sealed_secret, created, last_seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT DO NOTHING",
        user, password.device, password.password_hash, password.keys.scram_sha_1,
        password.keys.scram_sha_256, SqliteStatement::Octets{password.keys.sealed_secret},
        seconds(password.created), seconds(password.last_seen));
    if (!added) return added.error();
    if (*added == 0) {
      return Error(Errc::bad_data, "there is an app password '" + password.device + "' already");
    }
    return {};
  });
}

Result<std::vector<AppPassword>> SqliteStore::list_app_passwords(std::string_view user) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT device, password_hash, scram_sha_1, scram_sha_256, sealed_secret, created, last_seen"
      " FROM app_passwords WHERE user = ?1 ORDER BY device",
      user);
  if (!rows) return rows.error();
  std::vector<AppPassword> passwords;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return passwords;
    passwords.push_back(
        {std::string(rows->text(0)),
         std::string(rows->text(1)),
         {std::string(rows->text(2)), std::string(rows->text(3)), std::string(rows->octets(4))},
         time_of(rows->integer(5)),
         time_of(rows->integer(6))});
  }
}

Result<void> SqliteStore::remove_app_password(std::string_view user, std::string_view device) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed =
        database.run("DELETE FROM app_passwords WHERE user = ?1 AND device = ?2", user, device);
    if (!changed) return changed.error();
    if (*changed != 0) return {};
    return Error(Errc::no_user,
                 "'" + std::string(user) + "' has no app password '" + std::string(device) + "'");
  });
}

Result<void> SqliteStore::note_app_password_use(std::string_view user, std::string_view device,
                                                UnixSeconds time) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed =
        database.run("UPDATE app_passwords SET last_seen = ?3 WHERE user = ?1 AND device = ?2",
                     user, device, seconds(time));
    if (!changed) return changed.error();
    return {};
  });
}

// Bans

Result<void> SqliteStore::put_ban(const Ban& ban) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto put = database.run(
        "INSERT OR REPLACE INTO bans (address, why, since, until) VALUES (?1, ?2, ?3, ?4)",
        ban.address, ban.why, seconds(ban.since), seconds(ban.until));
    if (!put) return put.error();
    return {};
  });
}

Result<void> SqliteStore::remove_ban(std::string_view address) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed = database.run("DELETE FROM bans WHERE address = ?1", address);
    if (!changed) return changed.error();
    if (*changed != 0) return {};
    return Error(Errc::no_input, "there is no ban on '" + std::string(address) + "'");
  });
}

Result<std::vector<Ban>> SqliteStore::list_bans() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query("SELECT address, why, since, until FROM bans ORDER BY address");
  if (!rows) return rows.error();
  std::vector<Ban> bans;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return bans;
    bans.push_back({std::string(rows->text(0)), std::string(rows->text(1)),
                    time_of(rows->integer(2)), time_of(rows->integer(3))});
  }
}

}  // namespace postern
