#include "state/sqlite.h"

#include <sqlite3.h>

#include <boost/assert.hpp>
#include <utility>

namespace postern {
namespace {

Error sqlite_error(sqlite3* database, int code) {
  const std::string text = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const char* const file = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
  const std::string where = file != nullptr ? " '" + std::string(file) + "'" : "";
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Errc::busy, "the database" + where + " is held by another program; try again"};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return {Errc::bad_data, "the database" + where + " is damaged: " + text};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {Errc::no_input, "cannot open the database" + where + " for writing: " + text};
    case SQLITE_FULL: return {Errc::io, "no space is left for the database" + where + ": " + text};
    default: return {Errc::io, "the database" + where + " failed: " + text};
  }
}

}  // namespace

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      bind_error_(other.bind_error_) {}

SqliteStatement::~SqliteStatement() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  // Bindings point into the caller's memory, which may be gone soon.
  sqlite3_clear_bindings(statement_);
}

void SqliteStatement::bind(int place, std::int64_t value) {
  const int code = sqlite3_bind_int64(statement_, place, value);
  if (code != SQLITE_OK) bind_error_ = code;
}

void SqliteStatement::bind(int place, std::string_view text) {
  // A null pointer would mean NULL.
  const int code = sqlite3_bind_text64(statement_, place, text.data() != nullptr ? text.data() : "",
                                       text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) bind_error_ = code;
}

void SqliteStatement::bind(int place, Octets blob) {
  const char* const data = blob.bytes.data() != nullptr ? blob.bytes.data() : "";
  const int code = sqlite3_bind_blob64(statement_, place, data, blob.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) bind_error_ = code;
}

void SqliteStatement::bind(int place, std::nullptr_t) {
  const int code = sqlite3_bind_null(statement_, place);
  if (code != SQLITE_OK) bind_error_ = code;
}

Result<bool> SqliteStatement::step() {
  if (bind_error_ != SQLITE_OK) return sqlite_error(nullptr, bind_error_);
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_error(database_, code);
}

std::int64_t SqliteStatement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view SqliteStatement::text(int column) const {
  const unsigned char* const data = sqlite3_column_text(statement_, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view SqliteStatement::octets(int column) const {
  const void* const data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool SqliteStatement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void SqliteDatabase::CloseDatabase::operator()(sqlite3* database) const { sqlite3_close(database); }
void SqliteDatabase::FinalizeStatement::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

SqliteDatabase::SqliteDatabase(SqliteDatabase&&) noexcept = default;
SqliteDatabase& SqliteDatabase::operator=(SqliteDatabase&& other) noexcept {
  prepared_ = std::move(other.prepared_);
  database_ = std::move(other.database_);
  return *this;
}
SqliteDatabase::~SqliteDatabase() = default;

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path,
                                            std::chrono::milliseconds busy_timeout) {
  sqlite3* raw = nullptr;
  // One thread at a time is our own rule, so SQLite needs no mutex per connection.
  const int code =
      sqlite3_open_v2(path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(raw);
  if (code != SQLITE_OK) return sqlite_error(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
  return database;
}

Result<void> SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(database_.get(), code);
  return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  auto& slot = prepared_[sql];
  if (!slot) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return sqlite_error(database_.get(), code);
    slot.reset(raw);
  }
  BOOST_ASSERT_MSG(sqlite3_stmt_busy(slot.get()) == 0, "a statement is borrowed once at a time");
  return SqliteStatement(database_.get(), slot.get());
}

Result<std::uint64_t> SqliteDatabase::finish(SqliteStatement& statement) {
  while (true) {
    const auto row = statement.step();
    if (!row) return row.error();
    if (!*row) return static_cast<std::uint64_t>(sqlite3_changes64(database_.get()));
  }
}

Result<std::int64_t> SqliteDatabase::single(SqliteStatement& statement) {
  const auto row = statement.step();
  if (!row) return row.error();
  if (!*row) return Error(Errc::internal, "a query that always has a row gave none");
  return statement.integer(0);
}

std::int64_t SqliteDatabase::last_row_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

Result<SqliteTransaction> SqliteTransaction::begin(SqliteDatabase& database) {
  const auto begun = database.run("BEGIN IMMEDIATE");
  if (!begun) return begun.error();
  return SqliteTransaction(database);
}

SqliteTransaction::~SqliteTransaction() {
  // A rollback that fails leaves a transaction that the next BEGIN reports.
  if (database_ != nullptr) (void)database_->run("ROLLBACK");
}

Result<void> SqliteTransaction::commit() {
  const auto done = database_->run("COMMIT");
  if (!done) return done.error();
  database_ = nullptr;
  return {};
}

}  // namespace postern
