#include "server/login_delay.h"

#include <algorithm>

namespace postern {

Result<void> LoginDelay::log_in(const std::string& user) {
  if (delay_.count() == 0) return {};
  const std::lock_guard lock(mutex_);
  const UnixSeconds now = clock_();
  const auto known = last_.find(user);
  if (known != last_.end() && now < known->second + delay_) {
    return Error(Errc::too_soon, "the login before was less than " +
                                     std::to_string(delay_.count()) + " seconds ago");
  }
  last_[user] = now;
  if (last_.size() >= swept_at_) {
    std::erase_if(last_, [&](const auto& one) { return one.second + delay_ <= now; });
    swept_at_ = std::max<std::size_t>(1024, 2 * last_.size());
  }
  return {};
}

}  // namespace postern
