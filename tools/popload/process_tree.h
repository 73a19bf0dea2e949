// ProcessTree: what a process and all that descend from it spend, as /proc tells it (proc(5)).
//
// Children that come and go count: their time is in cutime and cstime of the parent that waited for
// them, so the sum over those alive holds everybody's. Only a process whose parent died before it
// is lost, and one that ends while it is read may be missed until the next reading.
// Thread rule: any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

#include "base/result.h"

namespace popload {

struct Spent {
  std::chrono::microseconds cpu{};  // user and system time since each began
  std::uint64_t private_kib = 0;    // memory that no other process shares
  unsigned processes = 0;
};

// Errc::no_input when there is no such process, or its memory may not be looked at.
postern::Result<Spent> spent_by(pid_t root);

}  // namespace popload
