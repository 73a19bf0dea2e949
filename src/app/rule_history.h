// RuleHistory: the last accepted sets of rule files, and the pin of a rollback. Formats:
// RULE_HISTORY.md.
//
// posternd alone accepts sets; the command `postern rules rollback` sets the pin. Every change is
// one rename. Thread rule: one thread at a time; several processes may read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "rules/rule_source.h"

namespace postern {

// Names a set by its content: 16 hexadecimal digits.
std::string rule_set_id(std::span<const RuleSource> sources);
// What stands for the ID of files that cannot be read.
inline constexpr const char* unreadable_rules = "unreadable";

class RuleHistory {
 public:
  static constexpr std::size_t most_sets = 10;

  // `folder` is made with the first set.
  explicit RuleHistory(std::string folder) : folder_(std::move(folder)) {}

  struct Entry {
    std::string id;
    UnixSeconds accepted{};
    std::uint64_t files = 0, rules = 0;
    std::string configured;  // names the configured paths
  };
  // Oldest first; empty when there is none. A line that is damaged is left out.
  Result<std::vector<Entry>> list() const;

  // Keeps the set as the newest, and forgets the oldest beyond most_sets and, of those, all but
  // the sets that `kept` names.
  Result<void> add(const Entry& entry, std::span<const RuleSource> sources,
                   const std::vector<std::string>& kept);

  // no_input when it is not there, bad_data when it is damaged.
  Result<std::vector<RuleSource>> read(const std::string& id) const;

  struct Pin {
    std::string to, from;
  };
  Result<std::optional<Pin>> pin() const;
  Result<void> set_pin(const Pin& pin);
  Result<void> clear_pin();
  std::string pin_file() const { return folder_ + "/pin"; }

 private:
  std::string set_file(const std::string& id) const { return folder_ + "/sets/" + id; }
  std::string history_file() const { return folder_ + "/history"; }
  void remove_unnamed(const std::vector<Entry>& entries, const std::vector<std::string>& kept);

  const std::string folder_;
};

}  // namespace postern
