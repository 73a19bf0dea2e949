// Load: many POP3 sessions at once against one server, each checking what it is given.
//
// A session is popcheck's client on a thread of its own; idle ones need no thread. Sizes are
// checked while it loads: what RETR sends must have the octets that LIST announced. Thread rule:
// run_load() and hold_idle() start and join their own threads; the rest are values.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "popcheck/wire.h"

namespace popload {

enum class Scenario { login, poll, drain, idle };

struct Plan {
  popcheck::Target target;  // in its user each %d stands for the number of a user
  Scenario scenario = Scenario::login;
  unsigned users = 1;       // numbers from 0; concurrent sessions never share one
  unsigned sessions = 1;    // in all
  unsigned concurrent = 1;  // at once, at most `users`
  bool pipelined = false;   // drain: many RETR in one go; others: USER and PASS together
};

using Times = std::vector<std::chrono::nanoseconds>;

struct Tally {
  std::uint64_t sessions = 0;
  std::uint64_t messages = 0;  // listed or retrieved
  std::uint64_t octets = 0;    // of messages retrieved, without dot stuffing
  Times greeting;              // from the first packet to the greeting, TLS included
  Times login;                 // from USER to the answer to PASS
  Times first_octet;           // from RETR to its status line; not when pipelined
  Times command;               // from any other command to its status line
  std::vector<std::string> faults;

  void add(Tally&& other);
};

Tally run_load(const Plan& plan);

// Opens plan.sessions connections, logged in when the target has a user; calls `opened` and closes
// them all when it returns.
Tally hold_idle(const Plan& plan, const std::function<void(const Tally&)>& opened);

// A value below which `share` of the times lie; 0 for none. Sorts them.
std::chrono::nanoseconds quantile(Times& times, double share);

}  // namespace popload
