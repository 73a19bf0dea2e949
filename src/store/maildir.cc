#include "store/maildir.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/file.h"
#include "base/octets.h"
#include "store/maildir_name.h"

namespace postern {
namespace {

// How often we look again for a message that other programs move about.
constexpr int most_tries = 3;
// Longer than the clock of any file system is coarse.
constexpr std::int64_t rest = 1'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool is_regular(int folder, const dirent& entry) {
  if (entry.d_type == DT_REG) return true;
  if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return false;
  struct stat status {};
  return ::fstatat(folder, entry.d_name, &status, 0) == 0 && S_ISREG(status.st_mode);
}

// The size on the wire as the name tells it, where it can be believed: the name's sizes must fit
// the file, and W leaves out the line end that the wire form adds to a last line without one.
std::optional<std::uint64_t> size_by_name(std::string_view base, int file, std::uint64_t stored) {
  const MaildirSizes claimed = maildir_sizes(base);
  if (!claimed.wire || claimed.stored.value_or(stored) != stored) return std::nullopt;
  if (*claimed.wire < stored || *claimed.wire > 2 * stored) return std::nullopt;
  if (stored == 0) return 0;
  char last = '\0';
  if (::pread(file, &last, 1, static_cast<off_t>(stored - 1)) != 1) return std::nullopt;
  return *claimed.wire + (last == '\n' ? 0 : 2);
}

// Key, UID, size and stored size of the message in a file.
Result<IndexedMessage> measure_file(const std::string& base, const std::string& path) {
  IndexedMessage message{base, maildir_uid(base), 0, 0};
  if (maildir_sizes(base).wire) {
    const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return system_error("open", path, errno);
    message.stored_size = static_cast<std::uint64_t>(status.st_size);
    if (const auto size = size_by_name(base, file.get(), message.stored_size)) {
      message.size = *size;
      return message;
    }
  }
  const auto blob = Blob::open(path);
  if (!blob) return blob.error();
  message.stored_size = blob->size();
  message.size = wire_size(blob->view());
  return message;
}

// Refuses a folder that is certainly something else: an empty maildrop would look like lost mail.
Result<void> check_is_maildir(const std::string& path, MessageIndex& index) {
  if (is_directory(path + "/cur") || is_directory(path + "/new")) return {};
  const auto names = list_directory(path);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (name == "tmp" || name.starts_with('.')) continue;
    return Error(Errc::configuration, "the folder '" + path + "' is no Maildir: it holds '" + name +
                                          "' but neither new/ nor cur/; check the path");
  }
  return check_is_mounted(path, path, index);
}

}  // namespace

Maildir::Maildir(const std::string& path, MessageIndex& index)
    : folders_{path + "/new", path + "/cur"}, index_(index) {}

Result<std::unique_ptr<Maildir>> Maildir::open(const std::string& path, MessageIndex& index) {
  auto checked = check_is_maildir(path, index);
  if (!checked) return checked.error();
  std::unique_ptr<Maildir> maildir(new Maildir(path, index));
  auto loaded = maildir->load();
  if (!loaded) return loaded.error();
  return maildir;
}

std::string Maildir::file_path(std::string_view base, Place place) const {
  std::string path = folders_[place->first];
  path += '/';
  path += base;
  path += place->second;
  return path;
}

std::string_view Maildir::base_name(std::size_t index) const {
  const auto odd = odd_names_.find(index);
  return odd == odd_names_.end() ? entries_[index].uid : odd->second;
}

bool Maildir::count_on_top(std::uint64_t octets) {
  on_top_ += octets;
  for (Entry& entry : entries_) entry.size += octets;
  return true;
}

Maildir::Snapshot Maildir::look() const {
  Snapshot snapshot;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  snapshot.at_rest = true;
  for (const Folder folder : {in_new, in_cur}) {
    struct stat status {};
    if (::stat(folders_[folder].c_str(), &status) != 0) continue;
    snapshot.changed[folder] = nanoseconds(status.st_mtim);
    if (nanoseconds(now) - snapshot.changed[folder] < rest) snapshot.at_rest = false;
  }
  return snapshot;
}

Result<void> Maildir::list_folder(Folder folder, Listing& found) {
  const std::string& path = folders_[folder];
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), ::closedir);
  if (!stream && errno == ENOENT) return {};
  if (!stream) return system_error("list folder", path, errno);
  while (true) {
    errno = 0;
    const dirent* const entry = ::readdir(stream.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name.starts_with('.') || !is_regular(::dirfd(stream.get()), *entry)) continue;
    const std::string_view base = maildir_base_name(name);
    const auto place = known_places_.emplace(folder, name.substr(base.size())).first;
    found.insert_or_assign(std::string(base), &*place);
  }
  if (errno != 0) return system_error("list folder", path, errno);
  return {};
}

// new/ is listed before cur/, so that a file that moves meanwhile is seen at least once. A rename
// within cur/ (a flag) can hide a file from a listing; so it is repeated when the folders changed
// under it, and what any of the listings saw counts.
Result<Maildir::Listing> Maildir::list() {
  Listing found;
  for (int tries = 0; tries < most_tries; ++tries) {
    snapshot_ = look();
    for (const Folder folder : {in_new, in_cur}) {
      auto listed = list_folder(folder, found);
      if (!listed) return listed.error();
    }
    if (look().changed == snapshot_.changed) return found;
  }
  snapshot_.at_rest = false;
  return found;
}

Result<void> Maildir::load() {
  auto found = list();
  if (!found) return found.error();
  auto known = index_.load();
  if (!known) return known.error();

  std::vector<std::string> forgotten;
  for (const IndexedMessage& row : *known) {
    if (!found->contains(row.key)) forgotten.push_back(row.key);
  }
  const auto added = enter(*found, std::move(*known));
  if (!added) return added.error();
  if (added->empty() && forgotten.empty()) return {};
  return index_.update(*added, forgotten);
}

// Fills entries_ in the order of delivery. Gives what the index should learn.
Result<std::vector<IndexedMessage>> Maildir::enter(Listing& found,
                                                   std::vector<IndexedMessage> known) {
  struct Arrival {
    MaildirTime time;
    const std::string* base;
    Place* place;
  };
  std::vector<Arrival> arrivals;
  arrivals.reserve(found.size());
  for (auto& [base, place] : found) arrivals.push_back({maildir_time(base), &base, &place});
  std::sort(arrivals.begin(), arrivals.end(), [](const Arrival& a, const Arrival& b) {
    return a.time != b.time ? a.time < b.time : *a.base < *b.base;
  });

  std::unordered_map<std::string_view, std::uint64_t> size_of;
  size_of.reserve(known.size());
  for (const IndexedMessage& row : known) size_of.emplace(row.key, row.size);

  std::vector<IndexedMessage> added;
  entries_.reserve(arrivals.size());
  places_.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) {
    std::uint64_t size = 0;
    if (const auto row = size_of.find(*arrival.base); row != size_of.end()) {
      size = row->second;
    } else {
      auto message = measure(*arrival.base, *arrival.place);
      if (!message) return message.error();
      if (!*message) continue;
      size = (*message)->size;
      added.push_back(std::move(**message));
    }
    entries_.push_back({maildir_uid(*arrival.base), size});
    if (entries_.back().uid != *arrival.base) {
      odd_names_.emplace(entries_.size() - 1, *arrival.base);
    }
    places_.push_back(*arrival.place);
  }
  return added;
}

Result<std::optional<IndexedMessage>> Maildir::measure(const std::string& base, Place& place) {
  auto message = measure_file(base, file_path(base, place));
  for (int tries = 0; !message && tries < most_tries; ++tries) {
    auto found = list();
    if (!found) return found.error();
    const auto seen = found->find(base);
    if (seen == found->end()) return std::optional<IndexedMessage>();
    place = seen->second;
    message = measure_file(base, file_path(base, place));
  }
  if (!message) return message.error();
  return std::optional<IndexedMessage>(std::move(*message));
}

Result<void> Maildir::find_again() {
  if (snapshot_.at_rest && look().changed == snapshot_.changed) return {};
  auto found = list();
  if (!found) return found.error();
  for (std::size_t i = 0; i < places_.size(); ++i) {
    const auto seen = found->find(std::string(base_name(i)));
    places_[i] = seen == found->end() ? nullptr : seen->second;
  }
  return {};
}

Result<Blob> Maildir::read(std::size_t index) {
  const Error gone(Errc::no_input, "message " + entries_[index].uid + " was removed meanwhile");
  const auto open_file = [&]() -> Result<Blob> {
    if (places_[index] == nullptr) return gone;
    return Blob::open(file_path(base_name(index), places_[index]));
  };
  auto blob = open_file();
  for (int tries = 0; !blob && tries < most_tries; ++tries) {
    auto looked = find_again();
    if (!looked) return looked.error();
    if (places_[index] == nullptr) return gone;
    blob = open_file();
  }
  if (!blob) return blob.error();

  const std::uint64_t size = wire_size(blob->view());
  if (size + on_top_ != entries_[index].size) {
    // What was shown stays for this session. Should the index fail, the next read tries again.
    const IndexedMessage truth{std::string(base_name(index)), entries_[index].uid, size,
                               blob->size()};
    (void)index_.update({&truth, 1}, {});
  }
  return blob;
}

Result<void> Maildir::remove(std::span<const std::size_t> indexes) {
  std::vector<std::size_t> left(indexes.begin(), indexes.end());
  std::vector<std::string> removed;
  std::array<bool, 2> touched{};
  std::optional<Error> failed;

  for (int tries = 0; !left.empty() && tries < most_tries; ++tries) {
    if (tries > 0) {
      auto looked = find_again();
      if (!looked) {
        failed = looked.error();
        break;
      }
    }
    std::erase_if(left, [&](std::size_t index) {
      const Place place = places_[index];
      const std::string path = place == nullptr ? "" : file_path(base_name(index), place);
      if (place != nullptr && ::unlink(path.c_str()) != 0) {
        if (errno == ENOENT) return false;
        failed = system_error("remove", path, errno);
        return true;
      }
      if (place != nullptr) touched[place->first] = true;
      removed.emplace_back(base_name(index));
      return true;
    });
  }
  if (!left.empty() && !failed) {
    failed = Error(Errc::busy, "message " + entries_[left.front()].uid +
                                   " could not be removed: another program keeps moving it");
  }
  for (const Folder folder : {in_new, in_cur}) {
    if (!touched[folder]) continue;
    auto synced = sync_directory(folders_[folder]);
    if (!synced) failed = synced.error();
  }
  auto forgot = index_.update({}, removed);
  if (!forgot) failed = forgot.error();
  if (failed) return *failed;
  return {};
}

}  // namespace postern
