#include "popload/process_tree.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"

namespace popload {
namespace {

using postern::Errc;
using postern::Error;

struct Process {
  pid_t parent = 0;
  std::uint64_t ticks = 0;  // its own, and of the children it waited for
};

std::optional<Process> read_process(const std::string& pid) {
  const auto text = postern::read_file("/proc/" + pid + "/stat");
  if (!text) return std::nullopt;
  // The name, in parentheses, may hold anything.
  std::istringstream rest(text->substr(std::min(text->rfind(')') + 1, text->size())));
  std::string skipped;
  Process process;
  rest >> skipped >> process.parent;
  for (int field = 5; field < 14; ++field) rest >> skipped;
  for (int field = 14; field <= 17; ++field) {
    std::uint64_t ticks = 0;
    rest >> ticks;
    process.ticks += ticks;
  }
  return rest ? std::optional(process) : std::nullopt;
}

std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> all;
  const auto names = postern::list_directory("/proc");
  if (!names) return all;
  for (const std::string& name : *names) {
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    if (const auto process = read_process(name)) all[std::stoi(name)] = *process;
  }
  return all;
}

bool descends(const std::map<pid_t, Process>& all, pid_t one, pid_t root) {
  while (one != root) {
    const auto found = all.find(one);
    if (found == all.end()) return false;
    one = found->second.parent;
  }
  return true;
}

std::optional<std::uint64_t> private_kib(pid_t pid) {
  const auto text = postern::read_file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  std::uint64_t sum = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string name;
    std::uint64_t kib = 0;
    fields >> name >> kib;
    if (name == "Private_Clean:" || name == "Private_Dirty:") sum += kib;
  }
  return sum;
}

}  // namespace

postern::Result<Spent> spent_by(pid_t root) {
  const std::map<pid_t, Process> all = all_processes();
  const std::string name = std::to_string(root);
  if (!all.contains(root)) return Error(Errc::no_input, "there is no process " + name);
  Spent spent;
  std::uint64_t ticks = 0;
  for (const auto& [pid, process] : all) {
    if (!descends(all, pid, root)) continue;
    ticks += process.ticks;
    ++spent.processes;
    const auto kib = private_kib(pid);
    if (!kib && pid == root) {
      return Error(Errc::no_input,
                   "the memory of process " + name + " cannot be read; be its user or root");
    }
    spent.private_kib += kib.value_or(0);
  }
  const auto a_second = static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
  spent.cpu = std::chrono::microseconds(ticks * 1'000'000 / a_second);
  return spent;
}

}  // namespace popload
