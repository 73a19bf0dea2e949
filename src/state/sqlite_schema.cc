#include "state/sqlite_schema.h"

#include <array>

namespace postern {
namespace {

// "PSTN": tells our databases from those of other programs.
constexpr std::int64_t application_id = 0x5053544e;

constexpr const char* first_schema = R"sql(
  CREATE TABLE users (
    name          TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    created       INTEGER NOT NULL            -- seconds since 1970
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE verdicts (
    account TEXT NOT NULL,
    uid     TEXT NOT NULL,
    id      TEXT NOT NULL,
    time    INTEGER NOT NULL,
    verdict BLOB NOT NULL,                    -- VERDICT_FORMAT.md
    PRIMARY KEY (account, uid)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE mailboxes (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    next_number   INTEGER NOT NULL DEFAULT 1, -- what reserve_numbers gives out next
    next_position INTEGER NOT NULL DEFAULT 1  -- order of the rows in messages
  ) STRICT;

  CREATE TABLE messages (
    mailbox     INTEGER NOT NULL REFERENCES mailboxes (id),
    position    INTEGER NOT NULL,
    key         TEXT NOT NULL,
    uid         TEXT,                         -- null: the same as key
    size        INTEGER NOT NULL,
    stored_size INTEGER NOT NULL,
    PRIMARY KEY (mailbox, position)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX messages_by_key ON messages (mailbox, key);

  CREATE TABLE lessons (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL,
    taught INTEGER NOT NULL CHECK (taught IN (0, 1)),  -- 0 ham, 1 spam
    source TEXT NOT NULL,
    time   INTEGER NOT NULL,
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
  ) STRICT;
  CREATE UNIQUE INDEX active_lessons_by_digest ON lessons (digest) WHERE active = 1;
  CREATE INDEX active_lessons_by_class ON lessons (taught) WHERE active = 1;
  CREATE INDEX revoked_lessons ON lessons (active) WHERE active = 0;

  -- Apart, so that walking the log does not drag the contents along.
  CREATE TABLE lesson_contents (
    number  INTEGER PRIMARY KEY REFERENCES lessons (number),
    content BLOB NOT NULL                     -- a zstd frame
  ) STRICT;

  CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql";

// What users decided over rules and models.
constexpr const char* preferences_schema = R"sql(
  CREATE TABLE senders (
    account       TEXT NOT NULL,
    pattern       TEXT NOT NULL,
    list          INTEGER NOT NULL CHECK (list IN (0, 1)),           -- 0 allow, 1 block
    authenticated INTEGER NOT NULL CHECK (authenticated IN (0, 1)),  -- counts only where vouched for
    PRIMARY KEY (account, pattern)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rule_scores (
    account TEXT NOT NULL,
    rule    TEXT NOT NULL,
    points  INTEGER NOT NULL,                 -- thousandths
    PRIMARY KEY (account, rule)
  ) STRICT, WITHOUT ROWID;
)sql";

// Ways to log in beside the hash of one password, and who may not log in.
constexpr const char* credentials_schema = R"sql(
  ALTER TABLE users ADD COLUMN scram_sha_1 TEXT NOT NULL DEFAULT '';
  ALTER TABLE users ADD COLUMN scram_sha_256 TEXT NOT NULL DEFAULT '';
  ALTER TABLE users ADD COLUMN sealed_secret BLOB NOT NULL DEFAULT x'';

  CREATE TABLE app_passwords (
    user          TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    device        TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    scram_sha_1   TEXT NOT NULL,
    scram_sha_256 TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    created       INTEGER NOT NULL,
    last_seen     INTEGER NOT NULL,           -- 0: never
    PRIMARY KEY (user, device)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bans (
    address TEXT PRIMARY KEY,
    why     TEXT NOT NULL,
    since   INTEGER NOT NULL,
    until   INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
)sql";

// Accounts at providers, and what was fetched of them: state/stored_account.h.
constexpr const char* accounts_schema = R"sql(
  CREATE TABLE accounts (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL UNIQUE,
    user            TEXT NOT NULL UNIQUE,
    url             TEXT NOT NULL,
    login           TEXT NOT NULL,
    sealed_secret   BLOB NOT NULL,
    tls_authorities TEXT NOT NULL,
    tls_pin         TEXT NOT NULL,
    poll_interval   INTEGER NOT NULL,           -- seconds
    state           INTEGER NOT NULL CHECK (state IN (0, 1)),  -- 0 active, 1 paused
    created         INTEGER NOT NULL,
    last_poll       INTEGER NOT NULL DEFAULT 0, -- 0: never
    last_success    INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT NOT NULL DEFAULT '',
    seen            INTEGER NOT NULL DEFAULT 0, -- rows ever added to spool
    waiting         INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE spool (
    account     INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL,               -- 1, 2, ...: order of arrival
    uid         TEXT NOT NULL,
    there       TEXT,                           -- null: the same as uid
    size        INTEGER NOT NULL,
    stored_size INTEGER NOT NULL,
    digest      BLOB NOT NULL,                  -- 32 octets
    state       INTEGER NOT NULL CHECK (state BETWEEN 0 AND 6),
    time        INTEGER NOT NULL,
    PRIMARY KEY (account, position)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX spool_by_uid ON spool (account, uid);
  -- The few that matter every day, of the many that ever were.
  CREATE INDEX live_spool ON spool (account, position) WHERE state <= 3;
)sql";

constexpr std::array migrations = {first_schema, preferences_schema, credentials_schema,
                                   accounts_schema};

Error refusal(const std::string& path, const std::string& why) {
  return {Errc::configuration, "'" + path + "' " + why};
}

constexpr auto newest = static_cast<std::int64_t>(migrations.size());

// The number of migrations that the database has seen, when it is one that we may use.
Result<std::int64_t> version_of(SqliteDatabase& database, const std::string& path) {
  const auto version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  const auto owner = database.integer("PRAGMA application_id");
  if (!owner) return owner.error();
  const auto tables = database.integer("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();

  if (*owner != application_id && *tables > 0) {
    return refusal(path, "is a database of another program; choose another state directory");
  }
  if (*version > newest) {
    return refusal(path, "was written by a newer Postern (schema " + std::to_string(*version) +
                             "; this one knows " + std::to_string(newest) +
                             "); install that version again");
  }
  return *version;
}

}  // namespace

Result<void> migrate_schema(SqliteDatabase& database, const std::string& path) {
  // Nearly always there is nothing to do, and then nobody who is writing need be waited for.
  const auto seen = database.integer("PRAGMA user_version");
  if (!seen) return seen.error();
  if (*seen == newest) {
    const auto checked = version_of(database, path);
    if (!checked) return checked.error();
    return {};
  }
  auto transaction = SqliteTransaction::begin(database);
  if (!transaction) return transaction.error();
  const auto version = version_of(database, path);
  if (!version) return version.error();
  for (std::int64_t i = *version; i < newest; ++i) {
    auto done = database.execute(migrations[static_cast<std::size_t>(i)]);
    if (!done) return done.error();
  }
  auto marked = database.execute("PRAGMA application_id = " + std::to_string(application_id) +
                                 "; PRAGMA user_version = " + std::to_string(newest));
  if (!marked) return marked.error();
  return transaction->commit();
}

}  // namespace postern
