#include "app/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/file.h"

namespace postern {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t interesting = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                      IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;

// Names of a folder that matter; empty: all.
using Names = std::set<std::string>;

struct Folder {
  bool all = false;
  Names names;
};

std::string parent_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path().string() : ".";
}

// The nearest folder above that exists, and what must appear in it.
void watch_name(std::map<std::string, Folder>& folders, fs::path path) {
  while (!is_directory(parent_of(path)) && path.has_relative_path() && path.parent_path() != path) {
    path = path.parent_path();
  }
  folders[parent_of(path)].names.insert(path.filename().string());
}

// A folder also by its name in the one above, since another may take its place; what is behind a
// symbolic link both by the link and where it leads.
std::map<std::string, Folder> folders_of(const std::vector<std::string>& paths) {
  std::map<std::string, Folder> folders;
  for (std::string path : paths) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    if (path.empty()) continue;
    watch_name(folders, path);
    if (is_directory(path)) folders[path].all = true;
    std::error_code failure;
    const fs::path real = fs::canonical(path, failure);
    if (!failure && real != path) watch_name(folders, real);
  }
  return folders;
}

// A new file is empty until it is written and closed; links and folders are there at once.
bool is_there_at_once(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return false;
  return !S_ISREG(status.st_mode) || status.st_nlink > 1;
}

}  // namespace

struct FileWatch::Impl {
  FileHandle inotify{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  FileHandle stop{::eventfd(0, EFD_CLOEXEC)};
  Paths paths;
  Changed changed;
  std::map<int, std::pair<std::string, Folder>> watches;  // by inotify's number
  std::thread thread;

  // Until every folder was watched before it was looked for; what came meanwhile is then either
  // seen or told. True when a folder is watched that was not before.
  Result<bool> renew() {
    bool any = false;
    while (true) {
      const Result<bool> grown = renew_once();
      if (!grown || !*grown) return grown ? Result<bool>(any) : grown;
      any = true;
    }
  }

  Result<bool> renew_once() {
    std::map<int, std::pair<std::string, Folder>> wanted;
    bool grown = false;
    for (auto& [path, folder] : folders_of(paths())) {
      const int watch = ::inotify_add_watch(inotify.get(), path.c_str(), interesting);
      if (watch < 0 && (errno == ENOSPC || errno == ENOMEM)) {
        return Error(Errc::unavailable, "cannot watch '" + path + "': " + std::strerror(errno) +
                                            "; raise fs.inotify.max_user_watches");
      }
      if (watch < 0) continue;  // gone meanwhile, or unreadable: its folder is watched
      grown = grown || watches.find(watch) == watches.end();
      Folder& merged = wanted[watch].second;  // two paths may lead to one folder
      wanted[watch].first = path;
      merged.all = merged.all || folder.all;
      merged.names.merge(folder.names);
    }
    for (const auto& [watch, folder] : watches) {
      if (wanted.find(watch) == wanted.end()) ::inotify_rm_watch(inotify.get(), watch);
    }
    watches = std::move(wanted);
    return grown;
  }

  bool matters(const inotify_event& event, const char* name) const {
    if ((event.mask & IN_Q_OVERFLOW) != 0) return true;
    const auto found = watches.find(event.wd);
    if (found == watches.end()) return false;
    if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) return true;
    const auto& [path, folder] = found->second;
    if (event.len == 0 || (!folder.all && folder.names.count(name) == 0)) return false;
    return (event.mask & IN_CREATE) == 0 || is_there_at_once(path + "/" + name);
  }

  // Takes all waiting events; true when one of them matters.
  bool take_events() {
    bool any = false;
    alignas(inotify_event) std::array<char, 16384> buffer;
    while (true) {
      const ssize_t size = ::read(inotify.get(), buffer.data(), buffer.size());
      if (size <= 0) return any;
      for (ssize_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, buffer.data() + at, sizeof event);
        any = matters(event, buffer.data() + at + sizeof event) || any;
        at += static_cast<ssize_t>(sizeof event + event.len);
      }
    }
  }

  enum class Woken { stop, event, timeout };
  Woken wait(int milliseconds) {
    std::array<pollfd, 2> ready{pollfd{stop.get(), POLLIN, 0}, pollfd{inotify.get(), POLLIN, 0}};
    const int count = ::poll(ready.data(), ready.size(), milliseconds);
    if (ready[0].revents != 0) return Woken::stop;
    return count > 0 ? Woken::event : Woken::timeout;
  }

  // False when it is time to end.
  bool settle() {
    using Steady = std::chrono::steady_clock;
    const auto end = Steady::now() + longest_wait;
    while (Steady::now() < end) {
      const Woken woken = wait(static_cast<int>(quiet.count()));
      if (woken == Woken::stop) return false;
      if (woken == Woken::timeout) return true;
      (void)take_events();
    }
    return true;
  }

  void run() {
    while (true) {
      const Woken woken = wait(-1);
      if (woken == Woken::stop) return;
      if (woken != Woken::event || !take_events()) continue;
      if (!settle()) return;
      // Watched before it is looked at, so that no change falls in between.
      (void)renew();
      changed();
      // What was read may name further files, which nobody watched while they were read.
      while (true) {
        const Result<bool> grown = renew();
        if (!grown || !*grown) break;
        changed();
      }
    }
  }
};

FileWatch::FileWatch() : impl_(std::make_unique<Impl>()) {}

Result<std::unique_ptr<FileWatch>> FileWatch::start(Paths paths, Changed changed) {
  std::unique_ptr<FileWatch> watch(new FileWatch());
  Impl& impl = *watch->impl_;
  if (!impl.inotify || !impl.stop) {
    return Error(Errc::unavailable, std::string("cannot watch files: ") + std::strerror(errno) +
                                        "; raise fs.inotify.max_user_instances");
  }
  impl.paths = std::move(paths);
  impl.changed = std::move(changed);
  const Result<bool> renewed = impl.renew();
  if (!renewed) return renewed.error();
  impl.thread = std::thread([&impl] { impl.run(); });
  return watch;
}

FileWatch::~FileWatch() {
  if (!impl_->thread.joinable()) return;
  const std::uint64_t one = 1;
  // An eventfd takes eight octets at once, always.
  (void)!::write(impl_->stop.get(), &one, sizeof one);
  impl_->thread.join();
}

}  // namespace postern
