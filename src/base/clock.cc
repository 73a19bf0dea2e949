#include "base/clock.h"

#include <fmt/chrono.h>

namespace postern {

Clock system_clock() {
  return [] {
    return std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  };
}

std::string to_rfc3339(UnixSeconds time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace postern
