#include "popload/report.h"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace popload {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

struct Rate {
  const char* name;
  std::uint64_t count;
};

std::array<Rate, 3> rates(const Tally& tally) {
  return {{{"sessions", tally.sessions}, {"messages", tally.messages}, {"octets", tally.octets}}};
}

struct Latency {
  const char* name;
  double p50, p99, max;  // microseconds
};

std::vector<Latency> latencies(Tally& tally) {
  const std::pair<const char*, Times*> all[] = {{"greeting_us", &tally.greeting},
                                                {"login_us", &tally.login},
                                                {"first_octet_us", &tally.first_octet},
                                                {"command_us", &tally.command}};
  std::vector<Latency> found;
  for (const auto& [name, times] : all) {
    if (times->empty()) continue;
    const auto at = [&, t = times](double share) {
      return Microseconds(quantile(*t, share)).count();
    };
    found.push_back({name, at(0.5), at(0.99), at(1.0)});
  }
  return found;
}

struct Figure {
  const char* name;
  double value;
};

double share(double whole, std::uint64_t parts) {
  return parts == 0 ? 0 : whole / static_cast<double>(parts);
}

// Memory a session makes sense where the sessions are still open: of idle ones.
std::vector<Figure> server_figures(const Tally& tally, const Account& server) {
  const auto cpu = static_cast<double>((server.after.cpu - server.before.cpu).count());
  const double grown = static_cast<double>(server.after.private_kib) -
                       static_cast<double>(server.before.private_kib);
  return {{"cpu_us", cpu},
          {"cpu_us_a_session", share(cpu, tally.sessions)},
          {"cpu_us_a_message", share(cpu, tally.messages)},
          {"private_kib", static_cast<double>(server.after.private_kib)},
          {"private_kib_grown", grown},
          {"private_kib_a_session", share(grown, tally.sessions)},
          {"processes", static_cast<double>(server.after.processes)}};
}

}  // namespace

std::string text_report(Outcome& outcome) {
  std::string text;
  const auto out = std::back_inserter(text);
  for (const Rate& one : rates(outcome.tally)) {
    fmt::format_to(out, "{}\t{}\t{:.1f}/s\n", one.name, one.count,
                   static_cast<double>(one.count) / outcome.wall.count());
  }
  for (const Latency& one : latencies(outcome.tally)) {
    fmt::format_to(out, "{}\tp50 {:.0f}\tp99 {:.0f}\tmax {:.0f}\n", one.name, one.p50, one.p99,
                   one.max);
  }
  if (!outcome.server) return text;
  for (const Figure& one : server_figures(outcome.tally, *outcome.server)) {
    fmt::format_to(out, "{}\t{:.1f}\n", one.name, one.value);
  }
  return text;
}

std::string json_report(Outcome& outcome) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "{{\"seconds\": {:.3f}, \"faults\": {}", outcome.wall.count(),
                 outcome.tally.faults.size());
  for (const Rate& one : rates(outcome.tally)) {
    fmt::format_to(out, ", \"{}\": {}", one.name, one.count);
  }
  for (const Latency& one : latencies(outcome.tally)) {
    fmt::format_to(out, ", \"{}\": {{\"p50\": {:.1f}, \"p99\": {:.1f}, \"max\": {:.1f}}}", one.name,
                   one.p50, one.p99, one.max);
  }
  if (outcome.server) {
    for (const Figure& one : server_figures(outcome.tally, *outcome.server)) {
      fmt::format_to(out, ", \"{}\": {:.1f}", one.name, one.value);
    }
  }
  return text + "}\n";
}

}  // namespace popload
