// How results are shown: text for people, TAP 13 and JUnit for machines. Pure.
#pragma once

#include <string>
#include <vector>

#include "popcheck/check.h"

namespace popcheck {

struct Finding {
  std::string id;
  std::string source;
  std::string text;
  Outcome outcome;
  std::string dialogue;  // shown when wanted
};

std::string text_line(const Finding& finding);
std::string tap(const std::vector<Finding>& findings);
std::string junit(const std::vector<Finding>& findings);
std::string summary(const std::vector<Finding>& findings);
std::size_t count(const std::vector<Finding>& findings, Result result);

}  // namespace popcheck
