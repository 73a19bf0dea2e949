// ConnectionLimit: how many connections one address may have at a time, so that nobody can take all
// the places. This machine's own addresses are not counted: behind them are many people. IPv6
// addresses count by their /64.
//
// Thread rule: safe from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace postern {

class ConnectionLimit {
 public:
  // A connection's place, taken while somebody holds it; null for one that is not counted.
  using Place = std::shared_ptr<void>;

  explicit ConnectionLimit(std::size_t limit) : limit_(limit) {}  // 0: none

  // For a connection from there ("192.0.2.1:1234"): Errc::unavailable when it has too many. The
  // limit must outlive the place.
  Result<Place> take(std::string_view peer);

 private:
  void give_back(const std::string& address);

  const std::size_t limit_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, std::size_t> connections_;
};

}  // namespace postern
