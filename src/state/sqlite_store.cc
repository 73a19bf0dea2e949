#include "state/sqlite_store.h"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "state/compression.h"
#include "state/sqlite_schema.h"
#include "state/verdict_codec.h"

namespace postern {
namespace {

constexpr std::chrono::milliseconds busy_timeout{10'000};
// No lesson is larger: what is learnt from a message is a stated part of it.
constexpr std::size_t most_content = std::size_t{64} << 20;

std::int64_t seconds(UnixSeconds time) { return time.time_since_epoch().count(); }
UnixSeconds time_of(std::int64_t since_epoch) {
  return UnixSeconds(std::chrono::seconds(since_epoch));
}

// SQLite would make the file readable for all, so it is made before SQLite sees it.
Result<void> create_private_file(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  auto made = make_directories(folder);
  if (!made) return made.error();
  const FileHandle file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode_t{0600}));
  if (file) return sync_directory(folder);
  if (errno == EEXIST) return {};
  return system_error("create", path, errno);
}

// Settings that belong to a connection.
Result<SqliteDatabase> connect(const std::string& path) {
  auto database = SqliteDatabase::open(path, busy_timeout);
  if (!database) return database.error();
  auto set = database->execute(
      "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
      "PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864");
  if (!set) return set.error();
  return database;
}

// Changing to WAL needs the file alone, and SQLite does not wait for it there: two programs that
// start at once would meet. WAL is a property of the file, so this is needed once in its life.
Result<void> use_wal(SqliteDatabase& database) {
  using namespace std::chrono_literals;
  for (auto waited = 0ms;; waited += 20ms) {
    auto done = database.execute("PRAGMA journal_mode = WAL");
    if (done || done.error().kind() != Errc::busy || waited > busy_timeout) return done;
    std::this_thread::sleep_for(20ms);
  }
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& path) {
  auto created = create_private_file(path);
  if (!created) return created.error();
  auto writer = connect(path);
  if (!writer) return writer.error();
  // Before WAL, so that a foreign database is left as it was.
  auto migrated = migrate_schema(*writer, path);
  if (!migrated) return migrated.error();
  auto wal = use_wal(*writer);
  if (!wal) return wal.error();
  return std::unique_ptr<SqliteStore>(new SqliteStore(path, std::move(*writer)));
}

SqliteStore::Reader::~Reader() {
  if (store_ == nullptr) return;
  const std::lock_guard lock(store_->pool_mutex_);
  store_->pool_.push_back(std::move(database_));
}

Result<SqliteStore::Reader> SqliteStore::borrow_reader() {
  {
    const std::lock_guard lock(pool_mutex_);
    if (!pool_.empty()) {
      Reader reader(*this, std::move(pool_.back()));
      pool_.pop_back();
      return reader;
    }
  }
  auto database = connect(path_);
  if (!database) return database.error();
  return Reader(*this, std::move(*database));
}

// Verdicts

Result<std::optional<StoredVerdict>> SqliteStore::find_verdict(std::string_view account,
                                                               std::string_view uid) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT id, time, verdict FROM verdicts WHERE account = ?1 AND uid = ?2", account, uid);
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  if (!*row) return std::optional<StoredVerdict>();
  auto verdict = decode_verdict(rows->octets(2));
  if (!verdict) return verdict.error();
  return std::optional<StoredVerdict>({std::string(uid), std::string(rows->text(0)),
                                       std::move(*verdict), time_of(rows->integer(1))});
}

Result<void> SqliteStore::put_verdicts(std::string_view account,
                                       std::span<const StoredVerdict> verdicts) {
  if (verdicts.empty()) return {};
  return write([&](SqliteDatabase& database) -> Result<void> {
    for (const StoredVerdict& stored : verdicts) {
      const std::string encoded = encode_verdict(stored.verdict);
      const auto put = database.run(
          "INSERT INTO verdicts (account, uid, id, time, verdict) VALUES (?1, ?2, ?3, ?4, ?5)"
          " ON CONFLICT DO UPDATE SET id = ?3, time = ?4, verdict = ?5",
          account, stored.uid, stored.id, seconds(stored.time), SqliteStatement::Octets{encoded});
      if (!put) return put.error();
    }
    return {};
  });
}

Result<void> SqliteStore::forget_verdicts(std::string_view account,
                                          std::span<const std::string> uids) {
  if (uids.empty()) return {};
  return write([&](SqliteDatabase& database) -> Result<void> {
    for (const std::string& uid : uids) {
      const auto forgot =
          database.run("DELETE FROM verdicts WHERE account = ?1 AND uid = ?2", account, uid);
      if (!forgot) return forgot.error();
    }
    return {};
  });
}

// Preferences

Result<void> SqliteStore::put_sender(std::string_view account, const SenderEntry& entry) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto put = database.run(
        "INSERT INTO senders (account, pattern, list, authenticated) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT DO UPDATE SET list = ?3, authenticated = ?4",
        account, entry.pattern, static_cast<std::int64_t>(entry.list),
        std::int64_t{entry.authenticated});
    if (!put) return put.error();
    return {};
  });
}

Result<bool> SqliteStore::remove_sender(std::string_view account, SenderList list,
                                        std::string_view pattern) {
  std::uint64_t removed = 0;
  const auto done = write([&](SqliteDatabase& database) -> Result<void> {
    const auto deleted =
        database.run("DELETE FROM senders WHERE account = ?1 AND pattern = ?2 AND list = ?3",
                     account, pattern, static_cast<std::int64_t>(list));
    if (!deleted) return deleted.error();
    removed = *deleted;
    return {};
  });
  if (!done) return done.error();
  return removed > 0;
}

Result<std::vector<SenderEntry>> SqliteStore::list_senders(std::string_view account) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT list, pattern, authenticated FROM senders WHERE account = ?1 ORDER BY pattern",
      account);
  if (!rows) return rows.error();
  std::vector<SenderEntry> entries;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return entries;
    entries.push_back({rows->integer(0) == 0 ? SenderList::allow : SenderList::block,
                       std::string(rows->text(1)), rows->integer(2) != 0});
  }
}

Result<void> SqliteStore::put_rule_score(std::string_view account, const RuleScore& score) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto put = database.run(
        "INSERT INTO rule_scores (account, rule, points) VALUES (?1, ?2, ?3)"
        " ON CONFLICT DO UPDATE SET points = ?3",
        account, score.rule, std::int64_t{score.points});
    if (!put) return put.error();
    return {};
  });
}

Result<bool> SqliteStore::remove_rule_score(std::string_view account, std::string_view rule) {
  std::uint64_t removed = 0;
  const auto done = write([&](SqliteDatabase& database) -> Result<void> {
    const auto deleted =
        database.run("DELETE FROM rule_scores WHERE account = ?1 AND rule = ?2", account, rule);
    if (!deleted) return deleted.error();
    removed = *deleted;
    return {};
  });
  if (!done) return done.error();
  return removed > 0;
}

Result<std::vector<RuleScore>> SqliteStore::list_rule_scores(std::string_view account) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT rule, points FROM rule_scores WHERE account = ?1 ORDER BY rule", account);
  if (!rows) return rows.error();
  std::vector<RuleScore> scores;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return scores;
    scores.push_back({std::string(rows->text(0)), static_cast<MilliPoints>(rows->integer(1))});
  }
}

// Message indexes

Result<std::vector<StateStore::IndexRow>> SqliteStore::load_index(std::string_view mailbox) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT key, uid, size, stored_size FROM messages"
      " WHERE mailbox = (SELECT id FROM mailboxes WHERE name = ?1) ORDER BY position",
      mailbox);
  if (!rows) return rows.error();
  std::vector<IndexRow> index;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return index;
    const std::string_view key = rows->text(0);
    index.push_back({std::string(key), std::string(rows->is_null(1) ? key : rows->text(1)),
                     rows->unsigned_integer(2), rows->unsigned_integer(3)});
  }
}

namespace {

// The number of a mailbox's row, which is made when it is not there yet.
Result<std::int64_t> mailbox_id(SqliteDatabase& database, std::string_view mailbox) {
  const auto made =
      database.run("INSERT INTO mailboxes (name) VALUES (?1) ON CONFLICT DO NOTHING", mailbox);
  if (!made) return made.error();
  return database.integer("SELECT id FROM mailboxes WHERE name = ?1", mailbox);
}

// Gives out `count` values of a counter of the mailbox: the first of them.
Result<std::int64_t> take_positions(SqliteDatabase& database, std::int64_t mailbox,
                                    std::uint64_t count) {
  const auto first = database.integer("SELECT next_position FROM mailboxes WHERE id = ?1", mailbox);
  if (!first) return first.error();
  const auto moved = database.run(
      "UPDATE mailboxes SET next_position = next_position + ?2 WHERE id = ?1", mailbox, count);
  if (!moved) return moved.error();
  return *first;
}

}  // namespace

Result<void> SqliteStore::update_index(std::string_view mailbox, std::span<const IndexRow> added,
                                       std::span<const std::string> forgotten_keys) {
  if (added.empty() && forgotten_keys.empty()) return {};
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto id = mailbox_id(database, mailbox);
    if (!id) return id.error();
    for (const std::string& key : forgotten_keys) {
      const auto forgot =
          database.run("DELETE FROM messages WHERE mailbox = ?1 AND key = ?2", *id, key);
      if (!forgot) return forgot.error();
    }
    auto position = take_positions(database, *id, added.size());
    if (!position) return position.error();
    for (const IndexRow& row : added) {
      const bool own_uid = row.uid != row.key;
      auto statement = database.query(
          "INSERT OR REPLACE INTO messages (mailbox, position, key, size, stored_size, uid)"
          " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
          *id, (*position)++, row.key, row.size, row.stored_size, nullptr);
      if (!statement) return statement.error();
      if (own_uid) statement->bind(6, row.uid);
      const auto put = statement->step();
      if (!put) return put.error();
    }
    return {};
  });
}

Result<std::uint64_t> SqliteStore::reserve_numbers(std::string_view mailbox, std::uint64_t count) {
  std::uint64_t first = 0;
  auto done = write([&](SqliteDatabase& database) -> Result<void> {
    const auto id = mailbox_id(database, mailbox);
    if (!id) return id.error();
    const auto next = database.integer("SELECT next_number FROM mailboxes WHERE id = ?1", *id);
    if (!next) return next.error();
    first = static_cast<std::uint64_t>(*next);
    const auto moved = database.run(
        "UPDATE mailboxes SET next_number = next_number + ?2 WHERE id = ?1", *id, count);
    if (!moved) return moved.error();
    return {};
  });
  if (!done) return done.error();
  return first;
}

// Lessons

namespace {

Result<void> revoke(SqliteDatabase& database, std::span<const std::uint64_t> numbers) {
  for (const std::uint64_t number : numbers) {
    const auto revoked =
        database.run("UPDATE lessons SET active = 0 WHERE number = ?1 AND active = 1", number);
    if (!revoked) return revoked.error();
  }
  return {};
}

}  // namespace

Result<std::uint64_t> SqliteStore::add_lessons(std::span<const NewLesson> lessons,
                                               std::span<const std::uint64_t> revoked) {
  std::uint64_t first = 0;
  // Compressed before the write lock is taken, so that others wait for the disk alone.
  std::vector<std::string> frames;
  frames.reserve(lessons.size());
  for (const NewLesson& lesson : lessons) {
    if (lesson.content.size() > most_content) {
      return Error(Errc::bad_data, "a lesson of " + std::to_string(lesson.content.size()) +
                                       " octets is too large; the limit is " +
                                       std::to_string(most_content));
    }
    frames.push_back(compress(lesson.content.view()));
  }
  auto done = write([&](SqliteDatabase& database) -> Result<void> {
    const auto taken_back = revoke(database, revoked);
    if (!taken_back) return taken_back.error();
    for (std::size_t i = 0; i < lessons.size(); ++i) {
      const Lesson& lesson = lessons[i].lesson;
      const auto added = database.run(
          "INSERT INTO lessons (digest, taught, source, time) VALUES (?1, ?2, ?3, ?4)"
          " ON CONFLICT DO NOTHING",
          lesson.digest, static_cast<std::int64_t>(lesson.taught), lesson.source,
          seconds(lesson.time));
      if (!added) return added.error();
      if (*added == 0) {
        return Error(Errc::busy, "the message " + lesson.digest +
                                     " is being taught by somebody else; try again");
      }
      const std::int64_t number = database.last_row_id();
      if (i == 0) first = static_cast<std::uint64_t>(number);
      const auto kept =
          database.run("INSERT INTO lesson_contents (number, content) VALUES (?1, ?2)", number,
                       SqliteStatement::Octets{frames[i]});
      if (!kept) return kept.error();
    }
    if (!lessons.empty()) return {};
    const auto next = database.integer("SELECT ifnull(max(number), 0) + 1 FROM lessons");
    if (!next) return next.error();
    first = static_cast<std::uint64_t>(*next);
    return {};
  });
  if (!done) return done.error();
  return first;
}

Result<void> SqliteStore::revoke_lessons(std::span<const std::uint64_t> numbers) {
  if (numbers.empty()) return {};
  return write([&](SqliteDatabase& database) { return revoke(database, numbers); });
}

namespace {

// Of a row that begins with number, digest, taught, source, time.
Lesson lesson_of(const SqliteStatement& row) {
  return {row.unsigned_integer(0), std::string(row.text(1)),
          row.integer(2) == 0 ? MailClass::ham : MailClass::spam, std::string(row.text(3)),
          time_of(row.integer(4))};
}

}  // namespace

Result<std::optional<Lesson>> SqliteStore::find_lesson(std::string_view digest) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT number, digest, taught, source, time FROM lessons"
      " WHERE digest = ?1 AND active = 1",
      digest);
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  if (!*row) return std::optional<Lesson>();
  return std::optional<Lesson>(lesson_of(*rows));
}

Result<std::vector<Lesson>> SqliteStore::list_lessons() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT number, digest, taught, source, time FROM lessons WHERE active = 1 ORDER BY number");
  if (!rows) return rows.error();
  std::vector<Lesson> lessons;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return lessons;
    lessons.push_back(lesson_of(*rows));
  }
}

Result<std::vector<StateStore::NewLesson>> SqliteStore::read_lessons(std::uint64_t after,
                                                                     std::size_t limit) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT l.number, digest, taught, source, time, content"
      " FROM lessons l JOIN lesson_contents c ON c.number = l.number"
      " WHERE l.number > ?1 AND active = 1 ORDER BY l.number LIMIT ?2",
      after, std::uint64_t{limit});
  if (!rows) return rows.error();
  std::vector<NewLesson> lessons;
  while (true) {
    const auto row = rows->step();
    if (!row) return row.error();
    if (!*row) return lessons;
    auto content = decompress(rows->octets(5), most_content);
    if (!content) {
      return Error(Errc::bad_data, "lesson " + std::to_string(rows->integer(0)) + " of '" + path_ +
                                       "' cannot be read: " + content.error().detail);
    }
    lessons.push_back({lesson_of(*rows), Blob::own(std::move(*content))});
  }
}

Result<StateStore::LessonCounts> SqliteStore::count_lessons() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT (SELECT count(*) FROM lessons WHERE taught = 0 AND active = 1),"
      " (SELECT count(*) FROM lessons WHERE taught = 1 AND active = 1)");
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  return LessonCounts{rows->unsigned_integer(0), rows->unsigned_integer(1)};
}

Result<LessonLogPosition> SqliteStore::lesson_log_position() {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query(
      "SELECT (SELECT ifnull(max(number), 0) FROM lessons),"
      " (SELECT count(*) FROM lessons WHERE active = 0)");
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  return LessonLogPosition{rows->unsigned_integer(0), rows->unsigned_integer(1)};
}

// Settings

Result<std::optional<std::string>> SqliteStore::find_setting(std::string_view name) {
  auto reader = borrow_reader();
  if (!reader) return reader.error();
  auto rows = (*reader)->query("SELECT value FROM settings WHERE name = ?1", name);
  if (!rows) return rows.error();
  const auto row = rows->step();
  if (!row) return row.error();
  if (!*row) return std::optional<std::string>();
  return std::optional<std::string>(rows->octets(0));
}

Result<void> SqliteStore::put_setting(std::string_view name, std::string_view value) {
  return write([&](SqliteDatabase& database) -> Result<void> {
    const auto put = database.run(
        "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2",
        name, SqliteStatement::Octets{value});
    if (!put) return put.error();
    return {};
  });
}

}  // namespace postern
