// CompiledRules: what a RuleSet holds: definitions turned into pattern sets and meta programs.
//
// Thread rule: const after compile_rules().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/content.h"
#include "rules/captures.h"
#include "rules/eval_functions.h"
#include "rules/meta_expression.h"
#include "rules/pattern_set.h"
#include "rules/rule_definition.h"

namespace postern {

// The expressions that look at one section of a message.
struct SectionRules {
  PatternSet patterns;
  std::vector<std::uint32_t> rules;  // by index of the pattern
};

// The tests on one header field.
struct HeaderRules {
  struct Test {
    std::uint32_t rule = 0;
    bool negated = false;
    std::optional<std::string> unless;  // looked at in place of a missing field
  };
  PatternSet patterns;
  std::vector<Test> tests;                  // by index of the pattern
  std::vector<std::uint32_t> exists_rules;  // those that only ask whether the field is there
  // By index of the pattern: what its rule counts when there is no such field, as in most mail.
  std::vector<std::uint32_t> when_missing;

  // To be called once, when the patterns and tests are complete.
  void compile();
};

struct EvalRule {
  std::uint32_t rule = 0;
  EvalFunction function = nullptr;
  EvalArguments arguments;
};

struct LinkRule {
  struct Condition {
    LinkCondition::Key key = LinkCondition::Key::raw;
    bool negated = false;
  };
  std::uint32_t rule = 0;
  PatternSet patterns;  // one a condition
  std::vector<Condition> conditions;
};

struct MetaRule {
  std::uint32_t rule = 0;
  MetaExpression expression;
  std::vector<std::int32_t> operands;  // rule by index of the expression's name; -1 counts as 0
};

struct CompiledRules {
  struct Rule {
    RuleInfo info;
    RuleKind kind = RuleKind::body;
    HeaderSelector header;
    bool wants_captures = false;  // "%{NAME}"
    bool counts = true;           // may be reported: no sub-rule, and its score is not zero
    const PatternSet* patterns = nullptr;  // that its expression is in, and where
    std::size_t pattern = 0;
    bool disabled = false;  // a score of zero: the rule is not run, so meta rules see 0
  };
  std::vector<Rule> rules;
  std::vector<RuleTest> tests;
  std::vector<LeftOutRule> left_out;
  SectionRules body, body_without_subject, rawbody, uri, full;
  std::map<HeaderSelector, HeaderRules> headers;
  std::map<HeaderSelector, HeaderRules> part_headers;  // of every part
  std::vector<std::unique_ptr<const LinkRule>> links;
  std::vector<EvalRule> evals;
  CaptureRules captures;
  RuleSettings settings;
  std::vector<MetaRule> metas;  // each after those that it names
  // Of most messages most rules say nothing, and so do most metas. By index of the rule: its count
  // when no rule but metas hits, and which metas (by place) look at it.
  std::vector<std::uint32_t> counts_at_rest;
  std::vector<std::vector<std::uint32_t>> metas_that_name;
  std::uint64_t version = 0;

  // counts[i] = how often rule i hits; `everything` runs disabled rules too. `nanoseconds`, if
  // given, has an entry a rule and gets what its expression cost added.
  void count(const Content& content, bool everything, std::vector<std::uint32_t>& counts,
             std::vector<std::uint64_t>* nanoseconds = nullptr) const;
  // To be called once, when rules and metas are complete: fills what count() needs to be quick.
  void prepare_metas();

 private:
  void count_metas(std::vector<std::uint32_t>& counts) const;
  void count_every_meta(bool everything, std::vector<std::uint32_t>& counts) const;
};

std::unique_ptr<const CompiledRules> compile_rules(ParsedRules parsed,
                                                   std::vector<Diagnostic>& diagnostics);

}  // namespace postern
