#include "base/blob.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace postern {
namespace {

// Below this a read() beats the page faults and the munmap of a mapping.
constexpr std::size_t map_from = 256 * 1024;

struct Mapping {
  Mapping(void* at, std::size_t length) : address(at), size(length) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(address, size); }
  void* address;
  std::size_t size;
};

}  // namespace

Blob Blob::own(std::string bytes) {
  auto owner = std::make_shared<const std::string>(std::move(bytes));
  const std::string_view view = *owner;
  return {std::move(owner), view};
}

Blob Blob::copy(std::string_view bytes) { return own(std::string(bytes)); }

Result<Blob> Blob::open(const std::string& path) {
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error("open", path, errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return system_error("stat", path, errno);
  if (!S_ISREG(status.st_mode)) return Error(Errc::no_input, "'" + path + "' is not a file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < map_from) {
    auto bytes = read_all(file.get(), size, path);
    if (!bytes) return bytes.error();
    return own(std::move(*bytes));
  }
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return system_error("map", path, errno);
  auto owner = std::make_shared<const Mapping>(address, size);
  return Blob(std::move(owner), {static_cast<const char*>(address), size});
}

Blob Blob::slice(std::size_t from, std::size_t count) const {
  return {owner_, bytes_.substr(std::min(from, bytes_.size()), count)};
}

}  // namespace postern
