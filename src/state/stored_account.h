// StoredAccount: a mailbox at a provider whose mail Postern fetches ahead for a local user; and
// SpooledMessage: what became of each message of it.
//
// Every message that was ever fetched keeps its row for good, in exactly one state:
//
//   spooled   here and there; the client sees it
//   missing   the provider no longer lists it; the client sees it until its time is over
//   restored  the client had deleted it and somebody took that back; it is here, and may be there
//   deleted   the client committed its deletion with QUIT; the provider is to be told
//   removed   the provider has confirmed that; the file is kept here until its time is over
//   purged    the same, and the file is gone
//   gone      was missing until its time was over; the file is gone
//
// Thread rule: values.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace postern {

enum class AccountState : std::uint8_t { active = 0, paused = 1 };

constexpr std::string_view to_string(AccountState state) {
  return state == AccountState::active ? "active" : "paused";
}

struct StoredAccount {
  std::uint64_t id = 0;  // given by the store; never reused
  std::string name;
  std::string user;  // the local user who sees this mail; at most one account each
  std::string url;   // of the server, as in [[upstream]]
  std::string login;
  std::string sealed_secret;    // the password there, see base/crypto.h
  std::string tls_authorities;  // PEM file; empty: those that the system trusts
  std::string tls_pin;          // empty: none
  std::chrono::seconds poll_interval{300};
  AccountState state = AccountState::active;
  UnixSeconds created{};

  // What the last poll brought.
  UnixSeconds last_poll{};     // 0: never
  UnixSeconds last_success{};  // of a poll that went through to its end; 0: never
  std::string last_error{};    // empty: it succeeded
  std::uint64_t seen = 0;      // messages that were ever fetched
  std::uint64_t waiting = 0;   // messages there that could not be fetched yet
};

// The outcome of a poll.
struct AccountPoll {
  UnixSeconds time{};
  std::string error{};  // empty: success
  std::uint64_t waiting = 0;
};

enum class SpoolState : std::uint8_t {
  spooled = 0,
  missing = 1,
  restored = 2,
  deleted = 3,
  removed = 4,
  purged = 5,
  gone = 6
};

constexpr std::string_view to_string(SpoolState state) {
  switch (state) {
    case SpoolState::spooled: return "spooled";
    case SpoolState::missing: return "missing";
    case SpoolState::restored: return "restored";
    case SpoolState::deleted: return "deleted";
    case SpoolState::removed: return "removed";
    case SpoolState::purged: return "purged";
    case SpoolState::gone: return "gone";
  }
  return "unknown";
}

// A set of states.
class SpoolStates {
 public:
  constexpr SpoolStates(std::initializer_list<SpoolState> states) {
    for (const SpoolState state : states) bits_ |= bit(state);
  }
  constexpr bool contains(SpoolState state) const { return (bits_ & bit(state)) != 0; }
  constexpr bool within(SpoolStates other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr unsigned bits() const { return bits_; }  // bit N is the state of number N

 private:
  static constexpr unsigned bit(SpoolState state) { return 1u << static_cast<unsigned>(state); }
  unsigned bits_ = 0;
};

// What clients see; what is at stake, because a client sees it or the provider is to be told; what
// has a file here; and all.
inline constexpr SpoolStates shown_states{SpoolState::spooled, SpoolState::missing,
                                          SpoolState::restored};
inline constexpr SpoolStates live_states{SpoolState::spooled, SpoolState::missing,
                                         SpoolState::restored, SpoolState::deleted};
inline constexpr SpoolStates kept_states{SpoolState::spooled, SpoolState::missing,
                                         SpoolState::restored, SpoolState::deleted,
                                         SpoolState::removed};
inline constexpr SpoolStates all_spool_states{
    SpoolState::spooled, SpoolState::missing, SpoolState::restored, SpoolState::deleted,
    SpoolState::removed, SpoolState::purged,  SpoolState::gone};

struct SpooledMessage {
  std::string uid;                // what clients see; unique in the account, for good
  std::string there;              // the provider's UID for it, usually the same
  std::uint64_t size = 0;         // octets on the wire
  std::uint64_t stored_size = 0;  // octets of the file
  std::string digest;             // SHA-256 of the file, 64 hexadecimal digits
  SpoolState state = SpoolState::spooled;
  UnixSeconds time{};  // since when it is in this state
};

// A step from one state to another; taken only if the message is in one of `from`.
struct SpoolChange {
  std::string uid;
  SpoolStates from;
  SpoolState to;
  UnixSeconds time{};
  std::optional<std::string> there{};  // the provider's new UID for it
};

}  // namespace postern
