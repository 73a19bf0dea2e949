// Authenticator: whether who wants to log in is who they say, by what the store and a passwd-file
// of another server know.
//
// Somebody who does not exist costs as much as somebody whose password is wrong, and SCRAM gives
// them a salt that stays the same, so that neither text nor time tells who exists.
//
// Thread rule: safe from any thread; all but known_methods() may block: call it on a worker.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "proto/login_request.h"
#include "server/login_cache.h"
#include "server/passwd_file.h"
#include "state/state_store.h"

namespace postern {

// What seals one password of a user (base/crypto.h): another's does not open in its place.
std::string secret_context(std::string_view user, std::string_view device);

class Authenticator {
 public:
  struct Setting {
    std::chrono::seconds login_cache_lifetime{300};
    std::string passwd_file;  // empty: none
    std::string secret_key;   // file of the key that seals secrets; it need not exist
    Clock clock;
    Logger logger;
  };

  // The store must outlive it.
  Authenticator(Setting setting, StateStore& store);

  std::optional<LoginMethods> known_methods() const;
  LoginMethods find_methods();
  Result<ScramCandidates> scram_keys(std::string_view user, ScramHash hash);

  // Errc::authentication when the proof is wrong, or when it is for another's maildrop.
  Result<void> authenticate(const LoginRequest& request);

 private:
  Result<std::optional<User>> find_user(std::string_view name);
  Result<bool> is_password(std::string_view name, const std::string& password);
  Result<bool> is_digest(std::string_view name, const DigestProof& proof);
  Result<void> note_use(std::string_view user, std::string_view device);
  Result<std::string> decoy_key();
  std::string secret_key();

  const Setting setting_;
  StateStore& store_;
  PasswdFile passwd_file_;
  LoginCache login_cache_;
  const std::string decoy_secret_key_;  // what no secret is sealed with
  const std::string decoy_sealed_;
  std::atomic<std::int64_t> methods_until_{0};  // seconds since 1970
  std::atomic<unsigned> methods_{0};            // bits
  std::mutex mutex_;                            // guards what follows
  std::string secret_key_;                      // empty: not read yet
  std::string decoy_key_;                       // the same
};

}  // namespace postern
