#include "server/poll_schedule.h"

#include <algorithm>
#include <set>

#include "base/crypto.h"

namespace postern {
namespace {

using std::chrono::milliseconds;

constexpr unsigned most_doublings = 16;

milliseconds scaled(milliseconds span, double factor) {
  return milliseconds(static_cast<std::int64_t>(static_cast<double>(span.count()) * factor));
}

}  // namespace

double PollSchedule::chance() const {
  if (setting_.chance) return setting_.chance();
  const std::string octets = random_bytes(2);
  const unsigned value =
      static_cast<unsigned char>(octets[0]) * 256u + static_cast<unsigned char>(octets[1]);
  return value / 65535.0;
}

void PollSchedule::set_accounts(std::span<const StoredAccount> accounts, UnixSeconds time) {
  std::set<std::uint64_t> named;
  for (const StoredAccount& one : accounts) {
    named.insert(one.id);
    const auto [place, is_new] = accounts_.try_emplace(one.id);
    Account& account = place->second;
    const bool resumed = !account.active && one.state == AccountState::active;
    account.active = one.state == AccountState::active;
    account.interval = one.poll_interval;
    if (!is_new && !resumed) continue;
    // A clock that was set back is no reason to wait for ever.
    const auto since = std::max(time - one.last_poll, std::chrono::seconds(0));
    const milliseconds left =
        resumed && !is_new ? milliseconds(0) : milliseconds(one.poll_interval) - since;
    account.due = setting_.now() + std::max(left, milliseconds(0));
  }
  std::erase_if(accounts_, [&](const auto& one) {
    return !named.contains(one.first) && !one.second.under_way;
  });
  for (auto& [id, account] : accounts_) account.active = account.active && named.contains(id);
}

std::vector<std::uint64_t> PollSchedule::begin_due() {
  const Clock::time_point now = setting_.now();
  std::vector<std::pair<Clock::time_point, std::uint64_t>> due;
  for (const auto& [id, account] : accounts_) {
    if (account.active && !account.under_way && account.due <= now)
      due.emplace_back(account.due, id);
  }
  std::sort(due.begin(), due.end());
  std::vector<std::uint64_t> begun;
  for (const auto& [when, id] : due) {
    if (under_way_ >= setting_.most_at_a_time) break;
    Account& account = accounts_[id];
    account.under_way = true;
    account.woken = false;
    account.begun = now;
    ++under_way_;
    begun.push_back(id);
  }
  return begun;
}

// A provider that refuses the password locks the account when it is tried too often.
milliseconds PollSchedule::pause_after(const Account& account, const Error& error) const {
  const bool temporary = error.temporary() || error.kind() == Errc::internal;
  const milliseconds first =
      temporary ? setting_.first_pause : std::max(setting_.first_pause, account.interval);
  const milliseconds span = std::min(setting_.most_pause, first * (1u << account.failures));
  return scaled(span, 0.5 + chance() / 2);
}

void PollSchedule::end(std::uint64_t id, const Result<void>& outcome) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end() || !found->second.under_way) return;
  Account& account = found->second;
  account.under_way = false;
  --under_way_;
  const Clock::time_point now = setting_.now();
  if (!outcome) {
    account.due = now + pause_after(account, outcome.error());
    account.failures = std::min(account.failures + 1, most_doublings);
    return;
  }
  account.failures = 0;
  account.due = now + (account.woken ? std::min(setting_.least_pause, account.interval)
                                     : scaled(account.interval, 0.9 + chance() / 5));
}

void PollSchedule::wake(std::uint64_t id) {
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return;
  Account& account = found->second;
  account.woken = true;
  // While it fails, what there is to tell waits for the next attempt.
  if (account.under_way || account.failures > 0) return;
  const Clock::time_point soon =
      std::max(setting_.now(), account.begun + std::min(setting_.least_pause, account.interval));
  account.due = std::min(account.due, soon);
}

}  // namespace postern
