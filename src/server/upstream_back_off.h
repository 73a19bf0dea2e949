// UpstreamBackOff: lets a server alone for a while that asked to be, account by account: each time
// longer, and not all accounts at the same moment again.
//
// Thread rule: safe from any thread.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.h"

namespace postern {

class UpstreamBackOff {
 public:
  using SteadyClock = std::chrono::steady_clock;
  struct Setting {
    std::chrono::milliseconds first{5'000};  // then twice that, ...
    std::chrono::milliseconds most{300'000};
    std::chrono::milliseconds when_busy{400};  // for a maildrop that is in use elsewhere
    std::function<SteadyClock::time_point()> now = SteadyClock::now;
    // From 0 to 1; the pause is between half and all of its span.
    std::function<double()> chance{};  // empty: the system's random generator
  };

  explicit UpstreamBackOff(Setting setting) : setting_(std::move(setting)) {}
  UpstreamBackOff() : UpstreamBackOff(Setting()) {}

  // The error to give without asking the server.
  std::optional<Error> holds(const std::string& account);
  // What came of asking it.
  void note(const std::string& account, const Result<void>& outcome);

 private:
  struct Pause {
    unsigned times = 0;
    SteadyClock::time_point until{};
    Error error;
  };

  const Setting setting_;
  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Pause> pauses_;
};

}  // namespace postern
