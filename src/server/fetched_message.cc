#include "server/fetched_message.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace postern {

Result<void> FetchedMessage::open_file() {
  const Result<void> made = make_directories(folder_);
  if (!made) return made.error();
  file_ = FileHandle(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file_) return system_error("make a temporary file in", folder_, errno);
  return {};
}

Result<void> FetchedMessage::add(std::string&& piece) {
  if (!would_block(piece.size())) {
    if (bytes_.empty()) {
      bytes_ = std::move(piece);
    } else {
      bytes_ += piece;
    }
    return {};
  }
  if (!file_) {
    const Result<void> opened = open_file();
    if (!opened) return opened.error();
  }
  if (!bytes_.empty()) {
    const Result<void> moved = write_all(file_.get(), bytes_, folder_);
    if (!moved) return moved.error();
    std::string().swap(bytes_);
  }
  return write_all(file_.get(), piece, folder_);
}

Result<Blob> FetchedMessage::finish() {
  if (!file_) return Blob::own(std::move(bytes_));
  // A file without a name can be opened by its descriptor's.
  return Blob::open("/proc/self/fd/" + std::to_string(file_.get()));
}

}  // namespace postern
