#include "state/popfile_database.h"

#include <algorithm>
#include <chrono>

#include "base/file.h"
#include "state/sqlite.h"

namespace postern {

Result<void> read_popfile_database(const std::string& path, const PopfileVisit& visit) {
  if (!is_file(path)) return Error(Errc::no_input, "there is no file '" + path + "'");
  auto database = SqliteDatabase::open(path, std::chrono::seconds(5));
  if (!database) return database.error();
  auto rows = database->query(
      "SELECT buckets.name, words.word, matrix.times FROM matrix"
      " JOIN words ON words.id = matrix.wordid JOIN buckets ON buckets.id = matrix.bucketid"
      " WHERE buckets.pseudo = 0 ORDER BY buckets.id, words.id");
  if (!rows) {
    return Error(Errc::bad_data,
                 "'" + path + "' is no database of POPFile: " + rows.error().detail);
  }
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return row.error();
    if (!*row) return {};
    visit(rows->text(0), rows->text(1),
          static_cast<std::uint64_t>(std::max<std::int64_t>(rows->integer(2), 0)));
  }
}

}  // namespace postern
