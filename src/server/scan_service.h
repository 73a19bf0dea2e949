// ScanService: the Scanner of the moment, and the reloading of what it is made of.
//
// A session asks for the Scanner once and keeps it; a reload swaps the snapshot for later ones.
// Thread rule: safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "filter/scanner.h"

namespace postern {

class ScanService {
 public:
  // Makes a Scanner anew from files; an error keeps the one that serves.
  using Build = std::function<Result<std::shared_ptr<const Scanner>>()>;

  // `watched_file` is the personal model: when another file stands there, the next session's
  // current() builds anew, so that training takes effect without a signal.
  ScanService(Build build, std::string watched_file, Logger logger);

  // The first build; later ones keep the last good Scanner on failure.
  Result<void> reload();

  // Never null after a successful reload().
  std::shared_ptr<const Scanner> current();

 private:
  // What tells one version of the watched file from another.
  struct FileIdentity {
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
  };
  FileIdentity identify() const;

  const Build build_;
  const std::string watched_file_;
  const Logger logger_;
  std::mutex reloading_;  // one build at a time
  std::mutex mutex_;      // guards the members below
  std::shared_ptr<const Scanner> scanner_;
  FileIdentity identity_;
};

}  // namespace postern
