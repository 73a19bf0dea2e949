#include "base/secret_key.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/crypto.h"
#include "base/file.h"

namespace postern {
namespace {

constexpr std::size_t key_size = 32;

}  // namespace

Result<std::string> load_secret_key(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return Error(Errc::no_input, "there is no key '" + path + "'");
  if (!file) return system_error("open", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("look at", path, errno);
  if ((status.st_mode & 077) != 0) {
    return Error(Errc::configuration,
                 "others may read the key '" + path + "'; say `chmod 600 " + path +
                     "`, and think about new passwords for those whose secrets it seals");
  }
  Result<std::string> key = read_all(file.get(), key_size, path);
  if (!key) return key.error();
  if (key->size() != key_size) {
    return Error(Errc::configuration, "'" + path + "' is no key of 32 octets");
  }
  return key;
}

Result<std::string> load_or_make_secret_key(const std::string& path) {
  Result<std::string> key = load_secret_key(path);
  if (key || key.error().kind() != Errc::no_input) return key;
  const std::string folder = path.substr(0, path.rfind('/'));
  const Result<void> made = make_directories(folder);
  if (!made) return made.error();
  // One process at a time, so that nobody's key replaces another's.
  const auto lock = FileLock::take(path + ".lock", true);
  if (!lock) return lock.error();
  key = load_secret_key(path);
  if (key || key.error().kind() != Errc::no_input) return key;
  const std::string fresh = random_bytes(key_size);
  const Result<void> written = write_file_atomically(path, fresh, 0600);
  if (!written) return written.error();
  return fresh;
}

}  // namespace postern
