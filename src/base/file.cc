#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <memory>

namespace postern {
namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Unique within this machine while the process lives; a leftover of a crash is overwritten by
// nobody, because O_EXCL makes us take the next number.
std::string temporary_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  return path + ".tmp." + std::to_string(::getpid()) + "." + std::to_string(counter++);
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void FileHandle::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<std::string> read_all(int descriptor, std::size_t size_hint, const std::string& name) {
  std::string bytes;
  // One spare octet lets the read that fills a file of the expected size also see its end.
  bytes.resize(size_hint + 1);
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2);
    const ssize_t count = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("read", name, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

Result<std::string> read_file(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error("open", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("stat", path, errno);
  if (S_ISDIR(status.st_mode)) return Error(Errc::no_input, "'" + path + "' is a folder");
  return read_all(file.get(), static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)), path);
}

Result<void> write_all(int descriptor, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("write", name, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> write_file_atomically(const std::string& path, std::string_view bytes, unsigned mode) {
  std::string temporary;
  FileHandle file;
  do {
    temporary = temporary_name(path);
    file = FileHandle(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t{mode}));
  } while (!file && errno == EEXIST);
  if (!file) return system_error("create", temporary, errno);

  auto written = write_all(file.get(), bytes, temporary);
  if (written && ::fsync(file.get()) != 0) written = system_error("sync", temporary, errno);
  file.close();
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) {
    written = system_error("rename a new file to", path, errno);
  }
  if (!written) {
    ::unlink(temporary.c_str());
    return written.error();
  }
  return sync_directory(folder_of(path));
}

Result<void> sync_directory(const std::string& path) {
  const FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return system_error("open", path, errno);
  if (::fsync(folder.get()) != 0) return system_error("sync", path, errno);
  return {};
}

Result<void> make_directories(const std::string& path, unsigned mode) {
  if (path.empty() || is_directory(path)) return {};
  const std::string parent = folder_of(path);
  if (parent != path && parent != ".") {
    auto made = make_directories(parent, mode);
    if (!made) return made.error();
  }
  if (::mkdir(path.c_str(), mode_t{mode}) != 0 && errno != EEXIST) {
    return system_error("create folder", path, errno);
  }
  if (!is_directory(path)) return Error(Errc::io, "'" + path + "' exists and is not a folder");
  return {};
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (!folder) return system_error("list folder", path, errno);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return system_error("list folder", path, errno);
  std::sort(names.begin(), names.end());
  return names;
}

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

Result<FileLock> FileLock::take(const std::string& path, bool wait) {
  FileHandle file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode_t{0600}));
  if (!file) return system_error("open lock file", path, errno);
  while (::flock(file.get(), wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return Error(Errc::busy, "'" + path + "' is locked");
    return system_error("lock", path, errno);
  }
  return FileLock(std::move(file));
}

}  // namespace postern
