// LoginDelay: a user may log in only so often (RFC 2449 section 6.5).
//
// Thread rule: safe from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"

namespace postern {

class LoginDelay {
 public:
  LoginDelay(std::chrono::seconds delay, Clock clock) : delay_(delay), clock_(std::move(clock)) {}

  // For a user whose proof was right: Errc::too_soon, or the delay begins anew.
  Result<void> log_in(const std::string& user);

 private:
  const std::chrono::seconds delay_;  // 0: none
  const Clock clock_;
  std::mutex mutex_;                                   // guards what follows
  std::unordered_map<std::string, UnixSeconds> last_;  // of those whose delay may not be over
  std::size_t swept_at_ = 1024;                        // size at which what is over is forgotten
};

}  // namespace postern
