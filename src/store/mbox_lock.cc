#include "store/mbox_lock.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <thread>

#include "base/ascii.h"

namespace postern {
namespace {

using std::chrono::milliseconds;

// What liblockfile and Dovecot use.
constexpr std::time_t stale_after = 5 * 60;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

bool lacks_rights(int error) { return error == EACCES || error == EPERM || error == EROFS; }

Error taken(const std::string& path) {
  return {Errc::busy, "the mailbox '" + path + "' is locked by another program; try again"};
}

// True when `path` still names the open file: another program may have replaced it.
bool is_same_file(int file, const std::string& path) {
  struct stat ours {
  }, named{};
  return ::fstat(file, &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

bool holder_is_dead(std::string_view note) {
  const auto colon = note.find(':');
  if (colon == std::string_view::npos || trimmed(note.substr(colon + 1)) != host_name()) {
    return false;
  }
  const auto pid = parse_decimal(note.substr(0, colon));
  return pid && *pid > 0 && *pid < 0x7fffffff && ::kill(static_cast<pid_t>(*pid), 0) != 0 &&
         errno == ESRCH;
}

bool is_stale(const std::string& dotlock) {
  struct stat status {};
  if (::stat(dotlock.c_str(), &status) != 0) return false;
  if (std::time(nullptr) - status.st_mtim.tv_sec > stale_after) return true;
  const auto note = read_file(dotlock);
  return note && holder_is_dead(*note);
}

// A file of our own that says who we are. Made under another name and then linked, so that the
// dotlock never exists without its note, and because link works on every NFS.
Result<std::string> make_note(const std::string& dotlock) {
  static std::atomic<unsigned> counter{0};
  std::string path = dotlock + "." + std::to_string(::getpid()) + "." + std::to_string(counter++);
  const FileHandle file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t{0644}));
  if (!file) return system_error("create the lock", path, errno);
  auto written = write_all(file.get(), std::to_string(::getpid()) + ":" + host_name() + "\n", path);
  if (written) return path;
  ::unlink(path.c_str());
  return written.error();
}

// The path of the dotlock when it was made.
Result<std::string> make_dotlock(const std::string& path) {
  std::string dotlock = path + ".lock";
  const auto note = make_note(dotlock);
  if (!note) return note.error();
  int failure = ::link(note->c_str(), dotlock.c_str()) == 0 ? 0 : errno;
  // Only who holds the fcntl lock gets here, so of two programs like us one breaks it.
  if (failure == EEXIST && is_stale(dotlock)) {
    ::unlink(dotlock.c_str());
    failure = ::link(note->c_str(), dotlock.c_str()) == 0 ? 0 : errno;
  }
  ::unlink(note->c_str());
  if (failure == 0) return dotlock;
  if (failure == EEXIST) return taken(path);
  return system_error("create the lock", dotlock, failure);
}

}  // namespace

MboxLock::~MboxLock() {
  if (!dotlock_.empty()) ::unlink(dotlock_.c_str());
}

Result<MboxLock> MboxLock::try_once(const std::string& path, Purpose purpose) {
  bool writable = true;
  FileHandle file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file && purpose == Purpose::read && lacks_rights(errno)) {
    writable = false;
    file = FileHandle(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  }
  if (!file) return system_error("open the mailbox", path, errno);

  struct flock range {};
  range.l_type = writable ? F_WRLCK : F_RDLCK;
  range.l_whence = SEEK_SET;
  if (::fcntl(file.get(), F_OFD_SETLK, &range) != 0) {
    if (errno == EAGAIN || errno == EACCES) return taken(path);
    return system_error("lock the mailbox", path, errno);
  }
  if (!is_same_file(file.get(), path)) return taken(path);

  auto dotlock = make_dotlock(path);
  if (dotlock) return MboxLock(std::move(file), std::move(*dotlock));
  if (dotlock.error().kind() == Errc::busy || purpose == Purpose::write) return dotlock.error();
  return MboxLock(std::move(file), {});
}

Result<MboxLock> MboxLock::take(const std::string& path, Purpose purpose, milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (auto pause = milliseconds{1};; pause = std::min(pause * 2, milliseconds{50})) {
    auto lock = try_once(path, purpose);
    if (lock || lock.error().kind() != Errc::busy) return lock;
    if (std::chrono::steady_clock::now() >= deadline) return lock;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace postern
