// postern rules test
#include <fmt/format.h>

#include <boost/json.hpp>

#include "commands.h"
#include "rules/rule_set.h"
#include "rules/rule_tests.h"

namespace postern {
namespace {

void print_json(const RuleTestReport& report, const std::vector<const RuleTest*>& failed) {
  boost::json::array failures;
  for (const RuleTest* test : failed) {
    failures.push_back({{"file", test->file},
                        {"line", test->line},
                        {"rule", test->rule},
                        {"must_hit", test->must_hit},
                        {"text", test->text}});
  }
  fmt::print(
      "{}\n",
      boost::json::serialize(boost::json::object{
          {"passed", report.passed},
          {"failed", std::move(failures)},
          {"untested", boost::json::array(report.untested.begin(), report.untested.end())}}));
}

}  // namespace

int run_rules_test(const RulesOptions& options) {
  std::vector<Diagnostic> diagnostics;
  const auto rules = load_rules({options.paths, "none", "", {}}, diagnostics);
  if (!rules) return fail(rules.error());
  const RuleTestReport report = run_rule_tests(**rules);
  std::vector<const RuleTest*> failed;
  for (const Diagnostic& one : report.failed) {
    for (const RuleTest& test : (*rules)->tests()) {
      if (test.file == one.file && test.line == one.line) failed.push_back(&test);
    }
  }
  if (options.json) {
    print_json(report, failed);
  } else {
    for (const RuleTest* test : failed) {
      fmt::print("{}:{}: {} should {}hit: {}\n", test->file, test->line, test->rule,
                 test->must_hit ? "" : "not ", test->text);
    }
    fmt::print("{} passed, {} failed, {} rules without a test\n", report.passed, failed.size(),
               report.untested.size());
  }
  if ((*rules)->tests().empty()) {
    return fail(
        {Errc::no_input, "no `test NAME ok|fail TEXT` line was found, so nothing was tested"});
  }
  return failed.empty() ? 0 : static_cast<int>(Errc::bad_data);
}

}  // namespace postern
