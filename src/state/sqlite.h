// SQLite, as little of it as we need: a connection, a prepared statement, a transaction.
//
// Thread rule: a SqliteDatabase and what it hands out belong to one thread at a time.
// Errors: Errc::busy when another connection held the database for longer than the busy timeout,
// Errc::bad_data when the file is no database or is damaged, otherwise Errc::io.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace postern {

// A statement that is being run. It is borrowed from the connection, which keeps it prepared, and
// goes back on destruction; the same text cannot be borrowed twice at a time.
class SqliteStatement {
 public:
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&&) = delete;
  ~SqliteStatement();

  // Values for the places ?1, ?2, ... Texts and blobs are not copied: they must live until the
  // statement is stepped to its end or destroyed. An error shows in the next step().
  void bind(int place, std::int64_t value);
  void bind(int place, std::uint64_t value) { bind(place, static_cast<std::int64_t>(value)); }
  void bind(int place, std::string_view text);
  struct Octets {
    std::string_view bytes;
  };
  void bind(int place, Octets blob);
  void bind(int place, std::nullptr_t);

  // True when a row is there, false after the last one.
  Result<bool> step();

  // Columns of the current row, from 0. Views are valid until the next step.
  std::int64_t integer(int column) const;
  std::uint64_t unsigned_integer(int column) const {
    return static_cast<std::uint64_t>(integer(column));
  }
  std::string_view text(int column) const;
  std::string_view octets(int column) const;
  bool is_null(int column) const;

 private:
  friend class SqliteDatabase;
  SqliteStatement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  sqlite3* database_;
  sqlite3_stmt* statement_;
  int bind_error_ = 0;
};

class SqliteDatabase {
 public:
  // Opens a database file that exists, for reading and writing.
  static Result<SqliteDatabase> open(const std::string& path,
                                     std::chrono::milliseconds busy_timeout);
  SqliteDatabase(SqliteDatabase&&) noexcept;
  SqliteDatabase& operator=(SqliteDatabase&&) noexcept;
  ~SqliteDatabase();

  // Runs statements that are separated by semicolons; rows are thrown away.
  Result<void> execute(const std::string& sql);

  // A statement with its values bound. `sql` must be a literal: it is kept by reference.
  template <class... Values>
  Result<SqliteStatement> query(std::string_view sql, const Values&... values) {
    auto statement = prepare(sql);
    if (!statement) return statement.error();
    int place = 0;
    (statement->bind(++place, values), ...);
    return statement;
  }

  // The same, run to its end at once; gives the number of rows that it changed.
  template <class... Values>
  Result<std::uint64_t> run(std::string_view sql, const Values&... values) {
    auto statement = query(sql, values...);
    if (!statement) return statement.error();
    return finish(*statement);
  }

  // The first column of the first row as an integer; an error when there is no row.
  template <class... Values>
  Result<std::int64_t> integer(std::string_view sql, const Values&... values) {
    auto statement = query(sql, values...);
    if (!statement) return statement.error();
    return single(*statement);
  }

  std::int64_t last_row_id() const;

 private:
  struct CloseDatabase {
    void operator()(sqlite3* database) const;
  };
  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const;
  };

  explicit SqliteDatabase(sqlite3* database) : database_(database) {}
  Result<SqliteStatement> prepare(std::string_view sql);
  Result<std::uint64_t> finish(SqliteStatement& statement);
  Result<std::int64_t> single(SqliteStatement& statement);

  // Declared in this order because statements must go before their connection.
  std::unique_ptr<sqlite3, CloseDatabase> database_;
  std::unordered_map<std::string_view, std::unique_ptr<sqlite3_stmt, FinalizeStatement>> prepared_;
};

// A write transaction: rolled back unless committed. It takes the write lock at its beginning, so
// that it can never fail half-way because somebody else wrote meanwhile.
class SqliteTransaction {
 public:
  static Result<SqliteTransaction> begin(SqliteDatabase& database);
  SqliteTransaction(SqliteTransaction&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  ~SqliteTransaction();

  Result<void> commit();

 private:
  explicit SqliteTransaction(SqliteDatabase& database) : database_(&database) {}
  SqliteDatabase* database_;  // null when done
};

}  // namespace postern
