// MboxLock: the two locks that Debian's mail programs take on an mbox, held together.
//
// Order (Debian Policy 11.6): first fcntl on the file, then the dotlock FILE.lock. Neither is
// waited for while the other is held: when one is taken, both are given back and tried again, so
// that a program with the other order cannot deadlock with us.
//
// The fcntl lock is an open-file-description lock, so that two sessions of one process exclude
// each other too. The dotlock holds `PID:HOST`; one whose process is dead on this host, or that
// is older than five minutes, is left over from a crash and broken.
//
// Thread rule: belongs to one thread.
#pragma once

#include <chrono>
#include <string>

#include "base/file.h"
#include "base/result.h"

namespace postern {

class MboxLock {
 public:
  // A reader may do with a shared fcntl lock where the file cannot be written, and without the
  // dotlock where the folder cannot. A writer needs both.
  enum class Purpose { read, write };

  // Errc::busy when the locks were not free within `patience`; Errc::no_input when there is no
  // file or the rights are missing.
  static Result<MboxLock> take(const std::string& path, Purpose purpose,
                               std::chrono::milliseconds patience);
  MboxLock(MboxLock&& other) noexcept
      : file_(std::move(other.file_)), dotlock_(std::exchange(other.dotlock_, {})) {}
  MboxLock& operator=(MboxLock&&) = delete;
  ~MboxLock();

  // The locked file, open at its beginning.
  int file() const { return file_.get(); }

 private:
  MboxLock(FileHandle file, std::string dotlock)
      : file_(std::move(file)), dotlock_(std::move(dotlock)) {}
  static Result<MboxLock> try_once(const std::string& path, Purpose purpose);

  FileHandle file_;
  std::string dotlock_;  // path to remove; empty when there is none
};

}  // namespace postern
