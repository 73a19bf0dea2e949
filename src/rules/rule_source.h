// RuleSource: a rule file as read: what a RuleSet is compiled from, and what a snapshot keeps.
//
// Plain values and free functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace postern {

struct RuleSource {
  std::string name;  // the path, for diagnostics
  std::string text;
};

// Reads files, and *.cf of folders in byte order. An error when a path cannot be read.
Result<std::vector<RuleSource>> read_rule_sources(const std::vector<std::string>& paths);

}  // namespace postern
