#include "store/spool_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"

namespace postern {

std::string SpoolFolder::name_of(std::string_view uid, std::string_view digest) {
  std::string both(uid);
  both += '\0';
  both += digest;
  return to_hex(sha256(both)).substr(0, 40);
}

Result<void> SpoolFolder::put(const std::string& name, std::string_view message) const {
  const Result<void> made = make_directories(path_);
  if (!made) return made.error();
  const std::string path = path_ + "/" + name;
  const std::string unfinished = path + ".tmp";
  FileHandle file(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file) return system_error("create", unfinished, errno);
  Result<void> written = write_all(file.get(), message, unfinished);
  if (written && ::fsync(file.get()) != 0) written = system_error("sync", unfinished, errno);
  file.close();
  if (written && std::rename(unfinished.c_str(), path.c_str()) != 0) {
    written = system_error("rename a new file to", path, errno);
  }
  if (!written) ::unlink(unfinished.c_str());
  return written;
}

Result<void> SpoolFolder::sync() const { return sync_directory(path_); }

Result<Blob> SpoolFolder::read(const std::string& name, std::uint64_t size) const {
  const std::string path = path_ + "/" + name;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return Error(Errc::no_input, "'" + path + "' is not there any more");
    return system_error("open", path, errno);
  }
  if (static_cast<std::uint64_t>(status.st_size) != size) {
    return Error(Errc::io, "'" + path + "' has " + std::to_string(status.st_size) +
                               " octets and should have " + std::to_string(size) +
                               "; `postern audit` says what else is wrong");
  }
  return Blob::open(path);
}

Result<void> SpoolFolder::remove(const std::string& name) const {
  const std::string path = path_ + "/" + name;
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return system_error("remove", path, errno);
}

Result<std::vector<std::string>> SpoolFolder::names() const {
  if (!is_directory(path_)) return std::vector<std::string>();
  return list_directory(path_);
}

}  // namespace postern
