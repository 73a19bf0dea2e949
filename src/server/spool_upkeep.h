// What time and crashes make necessary in a spool: files whose time is over go, and so do
// leftovers.
//
// Thread rule: free functions, safe from any thread; blocking. Not while the account is polled.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "state/state_store.h"

namespace postern {

// Takes leave of messages that have been removed or missing for longer than `keep`. The row comes
// first: a file without a need is a leftover, a row without its file a loss.
Result<void> expire_spool(StateStore& store, std::uint64_t account, const std::string& folder,
                          std::chrono::seconds keep, UnixSeconds now);

// Removes files that no row needs; gives how many.
Result<std::uint64_t> sweep_spool(StateStore& store, std::uint64_t account,
                                  const std::string& folder);

}  // namespace postern
