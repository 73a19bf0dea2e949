// postern rules import
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "commands.h"
#include "rules/rule_set.h"

namespace postern {
namespace {

struct Report {
  std::size_t loaded = 0;     // by RE2 alone
  std::size_t confirmed = 0;  // with PCRE2
  std::vector<LeftOutRule> left_out;
  std::vector<LeftOutRule> without_function;  // eval rules that need what is not there
  std::size_t regex_rules() const { return loaded + confirmed + left_out.size(); }
};

// A rule is left out by the compiler, which says so, or by the parser, as an error that names it.
Report make_report(const RuleSet& rules, const std::vector<Diagnostic>& diagnostics) {
  Report report;
  std::set<std::string> known;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    known.insert(rules.info(i).name);
    if (rules.engine(i) == RegexEngine::re2) ++report.loaded;
    if (rules.engine(i) == RegexEngine::pcre2) ++report.confirmed;
  }
  report.left_out = rules.left_out();
  for (const LeftOutRule& rule : report.left_out) known.insert(rule.rule);
  for (const Diagnostic& one : diagnostics) {
    if (one.severity == Severity::note && one.what.find("function ") != std::string::npos &&
        known.count(one.rule) == 0) {
      report.without_function.push_back({one.rule, one.file, one.line, one.what});
    }
    if (one.severity != Severity::error || one.rule.empty()) continue;
    if (known.insert(one.rule).second) {
      report.left_out.push_back({one.rule, one.file, one.line, one.what});
    }
  }
  std::stable_sort(report.left_out.begin(), report.left_out.end(),
                   [](const LeftOutRule& a, const LeftOutRule& b) {
                     return std::tie(a.file, a.line) < std::tie(b.file, b.line);
                   });
  return report;
}

boost::json::array to_json(const std::vector<LeftOutRule>& rules) {
  boost::json::array list;
  for (const LeftOutRule& rule : rules) {
    list.push_back(boost::json::object{
        {"rule", rule.rule}, {"file", rule.file}, {"line", rule.line}, {"why", rule.why}});
  }
  return list;
}

void print_json(const Report& report) {
  fmt::print("{}\n", boost::json::serialize(boost::json::object{
                         {"regex_rules", report.regex_rules()},
                         {"loaded", report.loaded},
                         {"confirmed", report.confirmed},
                         {"left_out", to_json(report.left_out)},
                         {"eval_left_out", to_json(report.without_function)},
                     }));
}

}  // namespace

int run_rules_import(const RulesImportOptions& options) {
  std::vector<Diagnostic> diagnostics;
  const auto rules = RuleSet::load(options.paths, diagnostics);
  if (!rules) return fail(rules.error());
  const Report report = make_report(**rules, diagnostics);
  if (options.json) {
    print_json(report);
    return 0;
  }
  for (const LeftOutRule& rule : report.left_out) {
    fmt::print("{}:{}: {} is left out: {}\n", rule.file, rule.line, rule.rule, rule.why);
  }
  for (const LeftOutRule& rule : report.without_function) {
    fmt::print("{}:{}: {}: {}\n", rule.file, rule.line, rule.rule, rule.why);
  }
  fmt::print("{} rules ask for a function that is not there, and count as 0\n",
             report.without_function.size());
  fmt::print(
      "{} rules with a regular expression: {} run by RE2, {} confirmed by PCRE2, {} left out\n",
      report.regex_rules(), report.loaded, report.confirmed, report.left_out.size());
  return 0;
}

}  // namespace postern
