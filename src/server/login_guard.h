// LoginGuard: makes guessing passwords slow, and then impossible.
//
// Counted are wrong logins of the last `window`, by address and by user name, whether or not there
// is such a user. Each makes the next refusal later; an address with too many is banned for a
// while; a name with too many can be logged in to only from addresses where that worked before, so
// that an attacker with many addresses gains nothing, and cannot lock its owner out either. The
// same wrong login again is no guess: a client that was not told of a new password is not banned.
//
// Bans are kept in the store, where `postern user bans` shows and lifts them. This machine's own
// addresses are never banned: behind them are many people. IPv6 addresses count by their /64.
//
// Thread rule: safe from any thread. What may block says so.
#pragma once

#include <chrono>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"
#include "proto/login_request.h"
#include "state/state_store.h"

namespace postern {

// "192.0.2.1" of "192.0.2.1:1234", "2001:db8:0:1::/64" of "[2001:db8:0:1::5]:1234"; empty for this
// machine and for what is no address.
std::string address_to_count(std::string_view peer);

class LoginGuard {
 public:
  struct Setting {
    unsigned ban_after = 20;  // wrong logins of an address; 0: never
    std::chrono::seconds ban_time{3600};
    unsigned close_name_after = 50;
    std::chrono::seconds window{600};
    Clock clock;
    Logger logger;
  };

  // The store must outlive it. Blocks: reads the bans there are.
  LoginGuard(Setting setting, StateStore& store);

  // Whether a connection from there may be served. Blocks only for an address that is banned:
  // somebody may have lifted the ban.
  bool is_banned(std::string_view peer);
  bool may_be_banned(std::string_view peer);  // never blocks; true asks for is_banned()

  // Errc::unavailable when nobody may log in to that name from there now.
  Result<void> allow(std::string_view peer, std::string_view user);

  // Counts a wrong login; gives how many there were, at least 1: what the delay grows with. May
  // block: a ban is written down.
  unsigned failed(std::string_view peer, const LoginRequest& request);
  void succeeded(std::string_view peer, std::string_view user);

 private:
  struct Count {
    unsigned failures = 0;
    UnixSeconds since{};
    std::deque<std::string> seen;  // codes of wrong logins
  };
  using Counts = std::unordered_map<std::string, Count>;

  std::string code_of(const LoginRequest& request) const;
  unsigned count(Counts& counts, const std::string& key, const std::string& code);
  void forget_old(Counts& counts) const;
  void ban(const std::string& address, unsigned failures);

  const Setting setting_;
  StateStore& store_;
  const std::string key_;  // of code_of
  std::mutex mutex_;       // guards what follows
  Counts addresses_;
  Counts users_;
  std::unordered_map<std::string, UnixSeconds> bans_;               // until
  std::unordered_map<std::string, std::deque<std::string>> known_;  // by user: where from
};

}  // namespace postern
