// PollSchedule: when each account is to be polled: in its interval, not all at the same moment;
// sooner when there is something to tell the provider; and after failures later each time.
//
// Thread rule: one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "base/result.h"
#include "state/stored_account.h"

namespace postern {

class PollSchedule {
 public:
  using Clock = std::chrono::steady_clock;
  struct Setting {
    std::size_t most_at_a_time = 16;
    // Between two sessions with a provider for one account, whatever there is to tell it.
    std::chrono::milliseconds least_pause{2'000};
    // After a failure; after the next one twice that, and so on.
    std::chrono::milliseconds first_pause{5'000};
    std::chrono::milliseconds most_pause{3'600'000};
    std::function<Clock::time_point()> now = Clock::now;
    // From 0 to 1; a pause is within a tenth of its span, after a failure between half and all.
    std::function<double()> chance{};  // empty: the system's random generator
  };

  explicit PollSchedule(Setting setting) : setting_(std::move(setting)) {}

  // The accounts that there are; those that are new are due when their last poll is long enough
  // ago, by `time`, and those that are paused or not named never.
  void set_accounts(std::span<const StoredAccount> accounts, UnixSeconds time);

  // Those that are due, the longest first; each is under way from now on.
  std::vector<std::uint64_t> begin_due();
  // What came of it.
  void end(std::uint64_t account, const Result<void>& outcome);
  // There is something to tell the provider.
  void wake(std::uint64_t account);

  std::size_t under_way() const { return under_way_; }

 private:
  struct Account {
    std::chrono::milliseconds interval{};
    bool active = false;
    bool under_way = false;
    bool woken = false;  // while it was under way
    unsigned failures = 0;
    Clock::time_point begun{};
    Clock::time_point due{};
  };
  std::chrono::milliseconds pause_after(const Account& account, const Error& error) const;
  double chance() const;

  const Setting setting_;
  std::map<std::uint64_t, Account> accounts_;
  std::size_t under_way_ = 0;
};

}  // namespace postern
