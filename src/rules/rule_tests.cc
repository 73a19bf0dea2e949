#include "rules/rule_tests.h"

#include <unordered_set>

namespace postern {

namespace {

std::string without_escapes(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    if (next == 'n' || next == 't' || next == '\\') {
      plain += next == 'n' ? '\n' : next == 't' ? '\t' : '\\';
      ++i;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// A field whose value a header rule sees, also when it looks at a pseudo-field.
std::string field_for(const std::string& field) {
  if (field == "tocc") return "To";
  if (field == "MESSAGEID") return "Message-Id";
  if (field == "envelopefrom") return "Return-Path";
  return field;
}

}  // namespace

std::string message_for_test(const CompiledRules::Rule& rule, std::string_view text) {
  std::string plain = without_escapes(text);
  if (rule.wants_captures) return plain;
  switch (rule.kind) {
    case RuleKind::full:
    case RuleKind::eval:
    case RuleKind::meta: return plain;
    case RuleKind::mime_header:
    case RuleKind::header:
      if (rule.header.field.compare(0, 3, "ALL") == 0) return plain + "\n\n";
      return field_for(rule.header.field) + ": " + plain + "\n\n";
    case RuleKind::body:
    case RuleKind::rawbody:
    case RuleKind::uri_detail:
    case RuleKind::uri: break;
  }
  return "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
         "Content-Transfer-Encoding: 8bit\n\n" +
         plain + "\n";
}

RuleTestReport run_rule_tests(const RuleSet& rules) {
  RuleTestReport report;
  std::unordered_set<std::string> tested;
  for (const RuleTest& test : rules.tests()) {
    tested.insert(test.rule);
    if (rules.passes(test)) {
      ++report.passed;
      continue;
    }
    report.failed.push_back({Severity::error, test.file, test.line, 0, test.rule,
                             test.must_hit ? "should hit this text, and does not"
                                           : "should not hit this text, but does",
                             "mend the rule, or the test"});
  }
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    const RuleInfo& info = rules.info(i);
    if (info.points != 0 && tested.count(info.name) == 0) report.untested.push_back(info.name);
  }
  return report;
}

}  // namespace postern
