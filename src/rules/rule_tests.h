// The `test NAME ok|fail TEXT` lines beside rules: what message a line stands for, and a report
// over all of them.
//
// How TEXT becomes a message depends on the rule (see rules/README.md):
//   body, rawbody, uri, uri_detail   TEXT is the body of a plain text message
//   header, mimeheader   TEXT is the value of the field that the rule looks at
//   header ALL, full, meta, eval   TEXT is the whole message
// In TEXT "\n" is a line end, "\t" a tab and "\\" a backslash.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/compiled_rules.h"
#include "rules/rule_set.h"

namespace postern {

std::string message_for_test(const CompiledRules::Rule& rule, std::string_view text);

struct RuleTestReport {
  std::size_t passed = 0;
  std::vector<Diagnostic> failed;     // one a line that did not behave as it says
  std::vector<std::string> untested;  // rules that count but have no test line, in order
  bool all_passed() const { return failed.empty(); }
};

// Runs every test line of the set. Linear in lines and their text.
RuleTestReport run_rule_tests(const RuleSet& rules);

}  // namespace postern
