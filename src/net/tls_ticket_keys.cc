#include "net/tls_ticket_keys.h"

#include "base/crypto.h"

namespace postern {
namespace {

TlsTicketKeys::Key new_key() {
  return {random_bytes(TlsTicketKeys::name_size), random_bytes(32), random_bytes(32)};
}

void forget(TlsTicketKeys::Key& key) {
  wipe(key.name);
  wipe(key.cipher);
  wipe(key.code);
}

}  // namespace

TlsTicketKeys::TlsTicketKeys(Clock clock, std::chrono::seconds lifetime)
    : clock_(std::move(clock)), lifetime_(lifetime), begun_(clock_()), current_(new_key()) {}

TlsTicketKeys::~TlsTicketKeys() {
  forget(current_);
  forget(previous_);
}

void TlsTicketKeys::take_turns() {
  const UnixSeconds now = clock_();
  const auto age = now - begun_;
  if (age < lifetime_) return;
  forget(previous_);
  if (age < 2 * lifetime_) {
    previous_ = std::move(current_);
  } else {
    forget(current_);
  }
  current_ = new_key();
  begun_ = now;
}

TlsTicketKeys::Key TlsTicketKeys::current() {
  const std::lock_guard<std::mutex> lock(mutex_);
  take_turns();
  return current_;
}

std::optional<TlsTicketKeys::Key> TlsTicketKeys::find(std::string_view name) {
  const std::lock_guard<std::mutex> lock(mutex_);
  take_turns();
  if (name == current_.name) return current_;
  if (!previous_.name.empty() && name == previous_.name) return previous_;
  return std::nullopt;
}

}  // namespace postern
