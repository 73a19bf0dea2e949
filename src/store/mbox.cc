#include "store/mbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <unordered_map>

#include "base/ascii.h"
#include "base/file.h"
#include "base/octets.h"
#include "store/mbox_journal.h"

namespace postern {
namespace {

constexpr std::size_t digest_digits = 64;
constexpr std::size_t shown_digits = 16;

std::string key_of(std::uint64_t number, std::string_view digest) {
  const std::string digits = to_hex(number);
  const auto significant = std::min(digits.find_first_not_of('0'), digits.size() - 1);
  return digits.substr(significant) + "." + std::string(digest);
}

std::string uid_of(std::string_view key) {
  return std::string(key.substr(0, key.size() - digest_digits + shown_digits));
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? std::string(".") : folder;
}

// Keys that the index knows, by digest, oldest number first.
class KnownKeys {
 public:
  explicit KnownKeys(const std::vector<IndexedMessage>& rows) {
    for (const IndexedMessage& row : rows) {
      const auto dot = row.key.find('.');
      const auto number = parse_hex(std::string_view(row.key).substr(0, dot));
      if (number && dot != std::string::npos && row.key.size() - dot - 1 == digest_digits) {
        keys_[row.key.substr(dot + 1)].emplace(*number, row.key);
      } else {
        unfit_.push_back(row.key);  // of a Maildir that was here before
      }
    }
  }

  // The oldest key of the digest that was not taken yet.
  std::optional<std::string> take(const std::string& digest) {
    const auto found = keys_.find(digest);
    if (found == keys_.end() || found->second.empty()) return std::nullopt;
    return std::move(found->second.extract(found->second.begin()).mapped());
  }

  std::vector<std::string> left_over() const {
    std::vector<std::string> keys = unfit_;
    for (const auto& [digest, numbered] : keys_) {
      for (const auto& [number, key] : numbered) keys.push_back(key);
    }
    return keys;
  }

 private:
  std::unordered_map<std::string, std::map<std::uint64_t, std::string>> keys_;
  std::vector<std::string> unfit_;
};

}  // namespace

Result<std::unique_ptr<Mbox>> Mbox::open(const std::string& path, MessageIndex& index,
                                         std::chrono::milliseconds patience) {
  std::unique_ptr<Mbox> mbox(new Mbox(path, index, patience));
  // Held until the index is written, so that two sessions cannot give one message two UIDs.
  const auto held = mbox->lock(MboxLock::Purpose::read);
  if (!held) return held.error();
  const auto contents = mbox->load(*held);
  if (!contents) return contents.error();
  auto entered = mbox->enter(*contents);
  if (!entered) return entered.error();
  return mbox;
}

Result<MboxLock> Mbox::lock(MboxLock::Purpose purpose) const {
  while (true) {
    auto held = MboxLock::take(path_, purpose, patience_);
    if (!held) return held.error();
    // Whoever left a journal is dead, because we have the lock.
    if (!is_file(journal_path(path_))) return held;
    if (purpose == MboxLock::Purpose::write) {
      auto recovered = recover_mbox(held->file(), path_);
      if (!recovered) return recovered.error();
      return held;
    }
    purpose = MboxLock::Purpose::write;
  }
}

Result<Mbox::Contents> Mbox::load(const MboxLock& lock) const {
  struct stat status {};
  if (::fstat(lock.file(), &status) != 0) return system_error("stat", path_, errno);
  if (::lseek(lock.file(), 0, SEEK_SET) != 0) return system_error("read", path_, errno);
  auto bytes = read_all(lock.file(), static_cast<std::size_t>(status.st_size), path_);
  if (!bytes) return bytes.error();

  Contents contents{std::move(*bytes), {}, {}};
  contents.spans = split_mbox(contents.bytes);
  if (!contents.spans.empty() && contents.spans.front().begin == 0) {
    return Error(Errc::bad_data, "'" + path_ +
                                     "' is no mbox: it does not begin with a \"From \" line; "
                                     "check the path, or mend the first line");
  }
  if (!contents.spans.empty() && is_internal_data(contents.spans.front().content(contents.bytes))) {
    contents.spans.erase(contents.spans.begin());
  }
  contents.digests.reserve(contents.spans.size());
  for (const MboxSpan& span : contents.spans) {
    contents.digests.push_back(mbox_digest(span.content(contents.bytes)));
  }
  return contents;
}

Result<void> Mbox::enter(const Contents& contents) {
  const auto rows = index_.load();
  if (!rows) return rows.error();
  KnownKeys known(*rows);
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < contents.spans.size(); ++i) {
    auto key = known.take(contents.digests[i]);
    if (!key) unknown.push_back(i);
    messages_.push_back({std::move(key).value_or(""), contents.digests[i], contents.spans[i]});
  }
  if (!unknown.empty()) {
    const auto first = index_.reserve_numbers(unknown.size());
    if (!first) return first.error();
    std::uint64_t number = *first;
    for (const std::size_t i : unknown) messages_[i].key = key_of(number++, messages_[i].digest);
  }
  for (const Message& message : messages_) {
    const std::string_view stored = message.span.content(contents.bytes);
    entries_.push_back({uid_of(message.key), wire_size(stored) - count_quoted_lines(stored)});
  }

  std::vector<IndexedMessage> added;
  for (const std::size_t i : unknown) {
    const MboxSpan& span = messages_[i].span;
    added.push_back({messages_[i].key, entries_[i].uid, entries_[i].size, span.end - span.begin});
  }
  const std::vector<std::string> forgotten = known.left_over();
  if (added.empty() && forgotten.empty()) return {};
  return index_.update(added, forgotten);
}

std::optional<Blob> Mbox::read_in_place(const Message& message) const {
  const FileHandle file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string bytes(message.span.next - message.span.from, '\0');
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t count = ::pread(file.get(), bytes.data() + filled, bytes.size() - filled,
                                  static_cast<off_t>(message.span.from + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(count);
  }
  const auto spans = split_mbox(bytes);
  if (spans.size() != 1) return std::nullopt;
  const std::string_view stored = spans.front().content(bytes);
  if (mbox_digest(stored) != message.digest) return std::nullopt;
  return Blob::own(unquote_from_lines(stored));
}

Result<Blob> Mbox::read(std::size_t index) {
  Message& message = messages_[index];
  const Error gone(Errc::no_input, "message " + entries_[index].uid + " was removed meanwhile");
  if (message.removed) return gone;
  // Without a lock: the digest tells whether somebody is just writing there.
  if (auto there = read_in_place(message)) return std::move(*there);

  // The message is elsewhere now, or gone: look for all of them again.
  const auto held = lock(MboxLock::Purpose::read);
  if (!held) return held.error();
  const auto contents = load(*held);
  if (!contents) return contents.error();
  std::unordered_map<std::string_view, std::vector<MboxSpan>> places;
  for (std::size_t i = 0; i < contents->spans.size(); ++i) {
    places[contents->digests[i]].push_back(contents->spans[i]);
  }
  std::unordered_map<std::string_view, std::size_t> seen;
  for (Message& one : messages_) {
    const auto found = places.find(one.digest);
    if (one.removed || found == places.end()) continue;
    // Identical messages are alike to a reader, so the last one may stand for those that left.
    const std::size_t nth = std::min(seen[one.digest]++, found->second.size() - 1);
    one.span = found->second[nth];
  }
  if (!places.contains(message.digest)) return gone;
  return Blob::own(unquote_from_lines(message.span.content(contents->bytes)));
}

// Of identical messages the n-th here is the n-th in the file. Where the file has fewer of them
// than we saw, somebody removed some, and nobody can tell which: they count as those that were
// asked for, so that never more leave than should.
std::vector<MboxSpan> Mbox::spans_to_remove(const Contents& contents,
                                            std::span<const std::size_t> indexes) const {
  std::vector<bool> wanted(messages_.size(), false);
  for (const std::size_t index : indexes) wanted[index] = true;
  struct Group {
    std::vector<bool> wanted;      // of the messages with this digest, in order
    std::vector<MboxSpan> places;  // of those in the file
  };
  std::unordered_map<std::string_view, Group> groups;
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    if (!messages_[i].removed) groups[messages_[i].digest].wanted.push_back(wanted[i]);
  }
  for (std::size_t i = 0; i < contents.spans.size(); ++i) {
    const auto group = groups.find(contents.digests[i]);
    if (group != groups.end()) group->second.places.push_back(contents.spans[i]);
  }

  std::vector<MboxSpan> spans;
  for (auto& [digest, group] : groups) {
    std::size_t missing = group.wanted.size() - std::min(group.wanted.size(), group.places.size());
    std::size_t place = 0;
    for (const bool leaves : group.wanted) {
      if (place == group.places.size()) break;
      if (leaves && missing > 0) {
        --missing;
      } else if (leaves) {
        spans.push_back(group.places[place++]);
      } else {
        ++place;
      }
    }
  }
  std::sort(spans.begin(), spans.end(),
            [](const MboxSpan& a, const MboxSpan& b) { return a.from < b.from; });
  return spans;
}

Result<void> Mbox::take_out(std::span<const std::size_t> indexes) {
  const auto held = lock(MboxLock::Purpose::write);
  // Some programs remove a mailbox when its last message goes.
  if (!held && !is_file(path_) && is_directory(folder_of(path_))) return {};
  if (!held) return held.error();
  const auto contents = load(*held);
  if (!contents) return contents.error();
  const std::vector<MboxSpan> spans = spans_to_remove(*contents, indexes);
  if (spans.empty()) return {};
  return perform_rewrite(held->file(), path_, rewrite_without(contents->bytes, spans));
}

Result<void> Mbox::remove(std::span<const std::size_t> indexes) {
  if (indexes.empty()) return {};
  auto done = take_out(indexes);
  if (!done) return done.error();
  std::vector<std::string> keys;
  for (const std::size_t index : indexes) {
    messages_[index].removed = true;
    keys.push_back(messages_[index].key);
  }
  return index_.update({}, keys);
}

}  // namespace postern
