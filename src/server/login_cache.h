// LoginCache: remembers which passwords were right a short while ago.
//
// Checking a yescrypt hash costs tens of milliseconds on purpose. A client that polls every
// minute would pay that each time; with the cache it pays once per `lifetime`. Kept is only a
// keyed hash (HMAC-SHA-256 under a key that never leaves the process) of name, password and the
// stored password hash, so a changed password is refused at once.
//
// Thread rule: safe from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace postern {

class LoginCache {
 public:
  LoginCache(std::chrono::seconds lifetime, Clock clock);

  bool knows(std::string_view user, std::string_view password, std::string_view password_hash);
  void remember(std::string_view user, std::string_view password, std::string_view password_hash);

 private:
  struct Known {
    std::string code;
    UnixSeconds until{};
  };
  std::string code_of(std::string_view user, std::string_view password,
                      std::string_view password_hash) const;

  const std::chrono::seconds lifetime_;
  const Clock clock_;
  const std::string key_;
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  // by user
};

}  // namespace postern
