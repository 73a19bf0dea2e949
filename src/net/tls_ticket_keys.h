// TlsTicketKeys: the keys under which session tickets are sealed (RFC 5077, RFC 8446
// section 4.6.1).
//
// They live in memory only and take turns, so that a key that leaks opens little: a new one every
// `lifetime`, after which the old one opens tickets for as long again and is then overwritten
// (RFC 9325 section 3.4). They outlive a reload of certificates, so that clients can go on
// resuming.
//
// Thread rule: safe from any thread.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern {

class TlsTicketKeys {
 public:
  static constexpr std::size_t name_size = 16;

  struct Key {
    std::string name;    // 16 octets, in the clear in the ticket
    std::string cipher;  // 32: AES-256-CBC
    std::string code;    // 32: HMAC-SHA-256
  };

  explicit TlsTicketKeys(Clock clock, std::chrono::seconds lifetime = std::chrono::hours(12));
  ~TlsTicketKeys();

  std::chrono::seconds lifetime() const { return lifetime_; }
  // The key for new tickets.
  Key current();
  // The key of that name, if it still opens tickets.
  std::optional<Key> find(std::string_view name);

 private:
  void take_turns();

  const Clock clock_;
  const std::chrono::seconds lifetime_;
  std::mutex mutex_;  // guards what follows
  UnixSeconds begun_{};
  Key current_;
  Key previous_;  // its name is empty when there is none
};

}  // namespace postern
