// Files: descriptors that close themselves, whole-file reads, and writes that a crash cannot tear.
//
// Thread rule: free functions are safe from any thread; a FileHandle belongs to one.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace postern {

// Owns a file descriptor; -1 is "none".
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle() { close(); }

  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  // The caller owns it from now on.
  int release() { return std::exchange(descriptor_, -1); }
  void close();

 private:
  int descriptor_ = -1;
};

// Reads to the end of the file; `size_hint` (octets) saves reallocations. `name` is for messages.
Result<std::string> read_all(int descriptor, std::size_t size_hint, const std::string& name);
Result<std::string> read_file(const std::string& path);

// Writes all of `bytes`, going on after interruptions and short writes.
Result<void> write_all(int descriptor, std::string_view bytes, const std::string& name);

// Replaces `path` in one step: temporary name in the same folder, fsync, rename, fsync of the
// folder. After a crash at any point the file holds either its old bytes or the new ones.
// `mode` is the permission of the new file.
Result<void> write_file_atomically(const std::string& path, std::string_view bytes,
                                   unsigned mode = 0600);

// Makes the entries of a folder durable (after rename, link or unlink in it).
Result<void> sync_directory(const std::string& path);

// Creates the folder and its parents where missing. An existing folder is left as it is.
Result<void> make_directories(const std::string& path, unsigned mode = 0700);

// Names (not paths) in a folder, "." and ".." left out, in byte order.
Result<std::vector<std::string>> list_directory(const std::string& path);

bool is_directory(const std::string& path);
bool is_file(const std::string& path);

// An advisory lock (flock) on a file that is created when missing, held until destruction.
// Errc::busy when somebody else holds it and `wait` is false.
class FileLock {
 public:
  static Result<FileLock> take(const std::string& path, bool wait);

 private:
  explicit FileLock(FileHandle file) : file_(std::move(file)) {}
  FileHandle file_;
};

}  // namespace postern
