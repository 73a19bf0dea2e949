#include "server/upstream_back_off.h"

#include <algorithm>

#include "base/crypto.h"

namespace postern {
namespace {

// What is remembered of accounts that never come again.
constexpr std::size_t most_accounts = 20'000;
constexpr unsigned most_doublings = 16;

double random_chance() {
  const std::string octets = random_bytes(2);
  const unsigned value =
      static_cast<unsigned char>(octets[0]) * 256u + static_cast<unsigned char>(octets[1]);
  return value / 65535.0;
}

}  // namespace

std::optional<Error> UpstreamBackOff::holds(const std::string& account) {
  const std::lock_guard lock(mutex_);
  const auto found = pauses_.find(account);
  if (found == pauses_.end() || setting_.now() >= found->second.until) return std::nullopt;
  return found->second.error;
}

void UpstreamBackOff::note(const std::string& account, const Result<void>& outcome) {
  const bool throttled = !outcome && outcome.error().kind() == Errc::too_soon;
  const bool busy = !outcome && outcome.error().kind() == Errc::busy;
  const std::lock_guard lock(mutex_);
  if (!throttled && !busy) {
    pauses_.erase(account);
    return;
  }
  if (pauses_.size() >= most_accounts) pauses_.clear();
  Pause& pause = pauses_[account];
  pause.error = outcome.error();
  if (busy) {
    pause.until = setting_.now() + setting_.when_busy;
    return;
  }
  const auto span = std::min(setting_.most, setting_.first * (1 << pause.times));
  pause.times = std::min(pause.times + 1, most_doublings);
  const double chance = setting_.chance ? setting_.chance() : random_chance();
  const auto wait = std::chrono::milliseconds(
      static_cast<std::int64_t>(static_cast<double>(span.count()) * (0.5 + chance / 2)));
  pause.until = setting_.now() + wait;
}

}  // namespace postern
