// The tables of the SQLite store, as a row of numbered migrations.
//
// `PRAGMA user_version` says how many of them a database has seen. A migration that was released
// is never edited: a change is a new one at the end.
#pragma once

#include "base/result.h"
#include "state/sqlite.h"

namespace postern {

// Brings the database to the newest schema, in one transaction. Errc::configuration when it is of
// a newer program or of another one. Several processes may do so at a time.
Result<void> migrate_schema(SqliteDatabase& database, const std::string& path);

}  // namespace postern
