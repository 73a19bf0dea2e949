#include "server/connection_limit.h"

#include "server/login_guard.h"

namespace postern {

Result<ConnectionLimit::Place> ConnectionLimit::take(std::string_view peer) {
  const std::string address = limit_ == 0 ? std::string() : address_to_count(peer);
  if (address.empty()) return Place();
  {
    const std::lock_guard lock(mutex_);
    std::size_t& count = connections_[address];
    if (count >= limit_) {
      return Error(Errc::unavailable,
                   address + " has " + std::to_string(count) + " connections already");
    }
    ++count;
  }
  return Place(nullptr, [this, address](void*) { give_back(address); });
}

void ConnectionLimit::give_back(const std::string& address) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(address);
  if (--found->second == 0) connections_.erase(found);
}

}  // namespace postern
