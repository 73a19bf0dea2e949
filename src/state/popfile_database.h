// Reading POPFile's database (popfile.db, SQLite), for the import of what it had learnt.
//
// Its schema (versions 1 to 8): buckets(id, name, pseudo), words(id, word), matrix(times, wordid,
// bucketid). Thread rule: a free function; blocking. The database is read, not changed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

// Calls `visit` for each word of each real bucket; text is valid during the call only. bad_data
// when the file is no such database.
using PopfileVisit =
    std::function<void(std::string_view bucket, std::string_view word, std::uint64_t times)>;
Result<void> read_popfile_database(const std::string& path, const PopfileVisit& visit);

}  // namespace postern
