// postern rules check|test
#include <fmt/format.h>

#include <algorithm>

#include "commands.h"
#include "rules/rule_set.h"

namespace postern {
namespace {

Result<std::shared_ptr<const RuleSet>> load(const RulesOptions& options,
                                            std::vector<Diagnostic>& diagnostics) {
  return load_rules({options.paths, "none", "", {}}, diagnostics);
}

std::size_t count(const std::vector<Diagnostic>& diagnostics, Severity severity) {
  return static_cast<std::size_t>(
      std::count_if(diagnostics.begin(), diagnostics.end(),
                    [&](const Diagnostic& one) { return one.severity == severity; }));
}

}  // namespace

int run_rules_check(const RulesOptions& options) {
  std::vector<Diagnostic> diagnostics;
  const auto rules = load(options, diagnostics);
  if (!rules) return fail(rules.error());
  for (const Diagnostic& diagnostic : diagnostics) fmt::print("{}\n", to_string(diagnostic));
  const std::size_t errors = count(diagnostics, Severity::error);
  fmt::print("{} rules loaded, {} errors, {} warnings, {} tests beside them\n", (*rules)->size(),
             errors, count(diagnostics, Severity::warning), (*rules)->tests().size());
  return errors == 0 ? 0 : static_cast<int>(Errc::bad_data);
}

int run_rules_test(const RulesOptions& options) {
  std::vector<Diagnostic> diagnostics;
  const auto rules = load(options, diagnostics);
  if (!rules) return fail(rules.error());
  std::size_t failed = 0;
  for (const RuleTest& test : (*rules)->tests()) {
    if ((*rules)->passes(test)) continue;
    ++failed;
    fmt::print("{}:{}: {} should {}hit: {}\n", test.file, test.line, test.rule,
               test.must_hit ? "" : "not ", test.text);
  }
  const std::size_t total = (*rules)->tests().size();
  fmt::print("{} passed, {} failed\n", total - failed, failed);
  if (total == 0) {
    return fail(
        {Errc::no_input, "no `test NAME ok|fail TEXT` line was found, so nothing was tested"});
  }
  return failed == 0 ? 0 : static_cast<int>(Errc::bad_data);
}

}  // namespace postern
