// Time, passed in so that tests can choose it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace postern {

// Seconds since 1970-01-01 UTC.
using UnixSeconds = std::chrono::sys_seconds;
using Clock = std::function<UnixSeconds()>;

Clock system_clock();

// "2026-11-23T06:42:00Z"
std::string to_rfc3339(UnixSeconds time);

}  // namespace postern
