// FileWatch: says when files or folders have changed, by inotify(7).
//
// A file is watched through its folder, so that a rename into place, a removal and a file that is
// not there yet are seen. Changes are gathered until nothing has happened for a moment: an editor
// does several things in a row. A write counts when the file is closed.
//
// Thread rule: start() and the destructor from one thread; `changed` is called on a thread of the
// FileWatch's own.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace postern {

class FileWatch {
 public:
  // What to watch from now on; asked at the beginning and after each `changed`.
  using Paths = std::function<std::vector<std::string>()>;
  using Changed = std::function<void()>;

  static constexpr std::chrono::milliseconds quiet{100};
  static constexpr std::chrono::milliseconds longest_wait{1000};  // when it never gets quiet

  // Errc::unavailable when the machine has no inotify watches left.
  static Result<std::unique_ptr<FileWatch>> start(Paths paths, Changed changed);
  // Waits for a `changed` that is running.
  ~FileWatch();

 private:
  FileWatch();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
