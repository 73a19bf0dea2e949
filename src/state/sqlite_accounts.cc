// SqliteStore, the part of it that keeps accounts at providers.
#include "base/ascii.h"
#include "state/sqlite_store.h"

namespace postern {
namespace {

std::int64_t seconds(UnixSeconds time) { return time.time_since_epoch().count(); }
UnixSeconds time_of(std::int64_t since_epoch) {
  return UnixSeconds(std::chrono::seconds(since_epoch));
}

Error no_such_account(std::string_view name) {
  return {Errc::no_user, "there is no account '" + std::string(name) + "'"};
}

// Columns in the order of the queries below.
StoredAccount account_of(const SqliteStatement& row) {
  StoredAccount account;
  account.id = row.unsigned_integer(0);
  account.name = row.text(1);
  account.user = row.text(2);
  account.url = row.text(3);
  account.login = row.text(4);
  account.sealed_secret = row.octets(5);
  account.tls_authorities = row.text(6);
  account.tls_pin = row.text(7);
  account.poll_interval = std::chrono::seconds(row.integer(8));
  account.state = row.integer(9) == 0 ? AccountState::active : AccountState::paused;
  account.created = time_of(row.integer(10));
  account.last_poll = time_of(row.integer(11));
  account.last_success = time_of(row.integer(12));
  account.last_error = row.text(13);
  account.seen = row.unsigned_integer(14);
  account.waiting = row.unsigned_integer(15);
  return account;
}

const std::string account_rows =
    "SELECT id, name, user, url, login, sealed_secret, tls_authorities, tls_pin, poll_interval,"
    " state, created, last_poll, last_success, last_error, seen, waiting FROM accounts";
const std::string accounts_taken = account_rows + " WHERE name = ?1 OR user = ?2";
const std::string account_by_name = account_rows + " WHERE name = ?1";
const std::string account_by_user = account_rows + " WHERE user = ?1";
const std::string accounts_in_order = account_rows + " ORDER BY name";

Result<std::optional<StoredAccount>> single_account(Result<SqliteStatement> rows) {
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoredAccount>();
  return std::optional<StoredAccount>(account_of(*rows));
}

SpooledMessage message_of(const SqliteStatement& row) {
  SpooledMessage message;
  message.uid = row.text(0);
  message.there = row.is_null(1) ? row.text(0) : row.text(1);
  message.size = row.unsigned_integer(2);
  message.stored_size = row.unsigned_integer(3);
  message.digest = to_hex(row.octets(4));
  message.state = static_cast<SpoolState>(row.integer(5));
  message.time = time_of(row.integer(6));
  return message;
}

std::string octets_of_hex(std::string_view digits) {
  std::string octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    octets += static_cast<char>(parse_hex(digits.substr(i, 2)).value_or(0));
  }
  return octets;
}

Result<void> insert_message(SqliteDatabase& database, std::uint64_t account, std::int64_t position,
                            const SpooledMessage& one) {
  const std::string digest = octets_of_hex(one.digest);
  auto statement = database.query(
      "INSERT INTO spool (account, position, uid, size, stored_size, digest, state, time, there)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (account, uid) DO NOTHING"
      " RETURNING position",
      account, position, one.uid, one.size, one.stored_size, SqliteStatement::Octets{digest},
      static_cast<std::int64_t>(one.state), seconds(one.time), nullptr);
  if (!statement) return statement.error();
  if (one.there != one.uid) statement->bind(9, one.there);
  const auto put = statement->step();
  if (!put) return put.error();
  if (!*put) return Error(Errc::bad_data, "the UID " + one.uid + " is spooled already");
  const auto end = statement->step();
  if (!end) return end.error();
  return {};
}

Result<bool> change_message(SqliteDatabase& database, std::uint64_t account,
                            const SpoolChange& change) {
  auto statement = database.query(
      "UPDATE spool SET state = ?3, time = ?4, there = coalesce(?5, there)"
      " WHERE account = ?1 AND uid = ?2 AND (?6 >> state) & 1 RETURNING position",
      account, change.uid, static_cast<std::int64_t>(change.to), seconds(change.time), nullptr,
      static_cast<std::int64_t>(change.from.bits()));
  if (!statement) return statement.error();
  if (change.there) statement->bind(5, *change.there);
  const auto taken = statement->step();
  if (!taken || !*taken) return taken;
  const auto end = statement->step();
  if (!end) return end.error();
  return true;
}

}  // namespace

Result<std::uint64_t> SqliteStore::add_account(const StoredAccount& account) {
  std::uint64_t id = 0;
  const auto done = write([&](SqliteDatabase& database) -> Result<void> {
    const auto taken = single_account(database.query(accounts_taken, account.name, account.user));
    if (!taken) return taken.error();
    if (*taken) {
      return Error(Errc::bad_data, "there is an account '" + (*taken)->name + "' of the user '" +
                                       (*taken)->user + "' already");
    }
    const auto added = database.run(
        "INSERT INTO accounts (name, user, url, login, sealed_secret, tls_authorities, tls_pin,"
        " poll_interval, state, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        account.name, account.user, account.url, account.login,
        SqliteStatement::Octets{account.sealed_secret}, account.tls_authorities, account.tls_pin,
        std::int64_t{account.poll_interval.count()}, static_cast<std::int64_t>(account.state),
        seconds(account.created));
    if (!added) return added.error();
    id = static_cast<std::uint64_t>(database.last_row_id());
    return {};
  });
  if (!done) return done.error();
  return id;
}

Result<void> SqliteStore::remove_account(std::string_view name) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed = database.run("DELETE FROM accounts WHERE name = ?1", name);
    if (!changed) return changed.error();
    if (*changed == 0) return no_such_account(name);
    return {};
  });
}

Result<void> SqliteStore::set_account_state(std::string_view name, AccountState state) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed = database.run("UPDATE accounts SET state = ?2 WHERE name = ?1", name,
                                      static_cast<std::int64_t>(state));
    if (!changed) return changed.error();
    if (*changed == 0) return no_such_account(name);
    return {};
  });
}

Result<void> SqliteStore::set_account_secret(std::string_view name, std::string_view sealed) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto changed = database.run("UPDATE accounts SET sealed_secret = ?2 WHERE name = ?1",
                                      name, SqliteStatement::Octets{sealed});
    if (!changed) return changed.error();
    if (*changed == 0) return no_such_account(name);
    return {};
  });
}

Result<std::optional<StoredAccount>> SqliteStore::find_account(std::string_view name) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  return single_account((*reader)->query(account_by_name, name));
}

Result<std::optional<StoredAccount>> SqliteStore::account_of_user(std::string_view user) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  return single_account((*reader)->query(account_by_user, user));
}

Result<std::vector<StoredAccount>> SqliteStore::list_accounts() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(accounts_in_order);
  if (!rows) return rows.error();
  std::vector<StoredAccount> accounts;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return accounts;
    accounts.push_back(account_of(*rows));
  }
}

Result<void> SqliteStore::note_account_poll(std::uint64_t account, const AccountPoll& poll) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto noted = database.run(
        "UPDATE accounts SET last_poll = ?2, last_error = ?3, waiting = ?4,"
        " last_success = CASE WHEN ?3 = '' THEN ?2 ELSE last_success END"
        " WHERE id = ?1",
        account, seconds(poll.time), poll.error, poll.waiting);
    if (!noted) return noted.error();
    return {};
  });
}

// What was fetched of them

Result<std::vector<SpooledMessage>> SqliteStore::load_spool(std::uint64_t account,
                                                            SpoolStates states) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  // Two texts, because an index for few rows serves only a query that names its condition.
  auto rows = states.within(live_states)
                  ? (*reader)->query(
                        "SELECT uid, there, size, stored_size, digest, state, time FROM spool"
                        " WHERE account = ?1 AND state <= 3 ORDER BY position",
                        account)
                  : (*reader)->query(
                        "SELECT uid, there, size, stored_size, digest, state, time FROM spool"
                        " WHERE account = ?1 ORDER BY position",
                        account);
  if (!rows) return rows.error();
  std::vector<SpooledMessage> messages;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return messages;
    SpooledMessage message = message_of(*rows);
    if (states.contains(message.state)) messages.push_back(std::move(message));
  }
}

Result<void> SqliteStore::add_spooled(std::uint64_t account,
                                      std::span<const SpooledMessage> messages) {
  if (messages.empty()) return {};
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto counted = database.run("UPDATE accounts SET seen = seen + ?2 WHERE id = ?1", account,
                                      static_cast<std::uint64_t>(messages.size()));
    if (!counted) return counted.error();
    if (*counted == 0) return no_such_account(std::to_string(account));
    const auto last = database.integer(
        "SELECT coalesce(max(position), 0) FROM spool WHERE account = ?1", account);
    if (!last) return last.error();
    std::int64_t position = *last;
    for (const SpooledMessage& one : messages) {
      const Result<void> added = insert_message(database, account, ++position, one);
      if (!added) return added.error();
    }
    return {};
  });
}

Result<std::uint64_t> SqliteStore::change_spool(std::uint64_t account,
                                                std::span<const SpoolChange> changes) {
  if (changes.empty()) return std::uint64_t{0};
  std::uint64_t taken = 0;
  const auto done = write([&](SqliteDatabase& database) -> Result<void> {
    for (const SpoolChange& change : changes) {
      const Result<bool> changed = change_message(database, account, change);
      if (!changed) return changed.error();
      taken += *changed ? 1 : 0;
    }
    return {};
  });
  if (!done) return done.error();
  return taken;
}

}  // namespace postern
