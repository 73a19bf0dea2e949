#include "server/scan_service.h"

#include <sys/stat.h>

#include "base/ascii.h"

namespace postern {

ScanService::ScanService(Build build, std::string watched_file, Logger logger)
    : build_(std::move(build)),
      watched_file_(std::move(watched_file)),
      logger_(std::move(logger)) {}

ScanService::FileIdentity ScanService::identify() const {
  struct stat status {};
  if (::stat(watched_file_.c_str(), &status) != 0) return {};
  return {status.st_ino, status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec};
}

Result<void> ScanService::reload() {
  const std::lock_guard<std::mutex> one_at_a_time(reloading_);
  // Taken before the build: a file that changes meanwhile is noticed the next time.
  const FileIdentity identity = identify();
  Result<std::shared_ptr<const Scanner>> built = build_();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    identity_ = identity;
    if (built) scanner_ = *built;
  }
  if (!built) {
    logger_.error("reload-failed",
                  {{"why", built.error().detail}, {"serving", "the last good set"}});
    return built.error();
  }
  logger_.info("loaded", {{"basis", to_hex((*built)->basis())}});
  return {};
}

std::shared_ptr<const Scanner> ScanService::current() {
  const FileIdentity identity = identify();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (scanner_ && identity == identity_) return scanner_;
  }
  // A failure was logged; the last good set goes on serving.
  (void)reload();
  const std::lock_guard<std::mutex> lock(mutex_);
  return scanner_;
}

}  // namespace postern
