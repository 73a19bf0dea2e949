#include "server/login_cache.h"

#include "base/crypto.h"

namespace postern {

LoginCache::LoginCache(std::chrono::seconds lifetime, Clock clock)
    : lifetime_(lifetime), clock_(std::move(clock)), key_(random_bytes(32)) {}

std::string LoginCache::code_of(std::string_view user, std::string_view password,
                                std::string_view password_hash) const {
  // Hashed one by one, so that no octet can move from one field to the next.
  std::string fields = sha256(user);
  fields += sha256(password_hash);
  fields += password;
  std::string code = hmac_sha256(key_, fields);
  wipe(fields);
  return code;
}

bool LoginCache::knows(std::string_view user, std::string_view password,
                       std::string_view password_hash) {
  const std::string code = code_of(user, password, password_hash);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = known_.find(std::string(user));
  if (found == known_.end() || found->second.until <= clock_()) return false;
  return equal_in_constant_time(found->second.code, code);
}

void LoginCache::remember(std::string_view user, std::string_view password,
                          std::string_view password_hash) {
  Known known{code_of(user, password, password_hash), clock_() + lifetime_};
  const std::lock_guard<std::mutex> lock(mutex_);
  known_.insert_or_assign(std::string(user), std::move(known));
}

}  // namespace postern
