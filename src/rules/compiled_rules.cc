#include "rules/compiled_rules.h"

#include <algorithm>
#include <chrono>

#include "rules/message_facts.h"

namespace postern {

namespace {

// One evaluation: what is looked at, and where the counts go.
struct Evaluation {
  MessageFacts& facts;
  std::vector<std::uint32_t>& counts;
  std::vector<std::uint64_t>* nanoseconds;
};

// How often each expression matches, with its cost added to that of its rule.
template <class RuleOf>
std::vector<std::uint32_t> count_patterns(Evaluation& run, const PatternSet& patterns,
                                          const std::vector<std::string_view>& chunks,
                                          RuleOf&& rule_of) {
  std::vector<std::uint32_t> found(patterns.size());
  std::vector<std::uint64_t> costs(run.nanoseconds == nullptr ? 0 : found.size());
  patterns.count(chunks, run.facts.budget(), found, run.nanoseconds == nullptr ? nullptr : &costs);
  for (std::size_t i = 0; i < costs.size(); ++i) (*run.nanoseconds)[rule_of(i)] += costs[i];
  return found;
}

void count_chunks(Evaluation& run, const SectionRules& section,
                  const std::vector<std::string_view>& chunks) {
  const auto found = count_patterns(run, section.patterns, chunks,
                                    [&](std::size_t i) { return section.rules[i]; });
  for (std::size_t i = 0; i < found.size(); ++i) run.counts[section.rules[i]] = found[i];
}

void count_sections(Evaluation& run, const CompiledRules& rules) {
  if (!rules.body.rules.empty()) count_chunks(run, rules.body, run.facts.body().chunks);
  if (!rules.body_without_subject.rules.empty()) {
    const Section& body = run.facts.body();
    count_chunks(run, rules.body_without_subject,
                 {body.chunks.begin() + static_cast<std::ptrdiff_t>(body.subject_chunks),
                  body.chunks.end()});
  }
  if (!rules.rawbody.rules.empty()) count_chunks(run, rules.rawbody, run.facts.rawbody().chunks);
  if (!rules.uri.rules.empty()) count_chunks(run, rules.uri, run.facts.uris().chunks);
  if (!rules.full.rules.empty()) count_chunks(run, rules.full, run.facts.full().chunks);
}

std::uint32_t count_of(const HeaderRules::Test& test, std::uint32_t found) {
  return test.negated ? (found == 0 ? 1 : 0) : found;
}

void count_header(Evaluation& run, const HeaderSelector& selector, const HeaderRules& header) {
  std::string text;
  const bool present = run.facts.headers().text(selector, text);
  for (const std::uint32_t rule : header.exists_rules) run.counts[rule] = present ? 1 : 0;
  if (!present) {
    for (std::size_t i = 0; i < header.tests.size(); ++i) {
      run.counts[header.tests[i].rule] = header.when_missing[i];
    }
    return;
  }
  const auto found = count_patterns(run, header.patterns, {text},
                                    [&](std::size_t i) { return header.tests[i].rule; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    run.counts[header.tests[i].rule] = count_of(header.tests[i], found[i]);
  }
}

// A part without the field counts as one with an empty value.
void count_part_header(Evaluation& run, const HeaderSelector& selector, const HeaderRules& header) {
  const auto values = run.facts.part_fields(selector.field, selector.form == FieldForm::raw);
  std::vector<std::string_view> chunks;
  bool all_present = true;
  for (const auto& value : values) {
    all_present &= value.has_value();
    chunks.push_back(value ? std::string_view(*value) : std::string_view());
  }
  auto found = count_patterns(run, header.patterns, chunks,
                              [&](std::size_t i) { return header.tests[i].rule; });
  for (std::size_t i = 0; i < found.size(); ++i) {
    const HeaderRules::Test& test = header.tests[i];
    if (!all_present && test.unless && found[i] == 0) {
      found[i] = header.patterns.count_alone(i, {*test.unless}, run.facts.budget());
    }
    run.counts[test.rule] = count_of(test, found[i]);
  }
}

std::vector<std::string_view> values_of(const UriDetail& uri, LinkCondition::Key key) {
  const auto all = [](const std::vector<std::string>& texts) {
    return std::vector<std::string_view>(texts.begin(), texts.end());
  };
  switch (key) {
    case LinkCondition::Key::raw: break;
    case LinkCondition::Key::type: return all(uri.types);
    case LinkCondition::Key::cleaned: return all(uri.cleaned);
    case LinkCondition::Key::text: return all(uri.texts);
    case LinkCondition::Key::domain: return all(uri.domains);
    case LinkCondition::Key::host: return all(uri.hosts);
  }
  return {uri.raw};
}

// A negated condition wants a value that does not match.
bool meets(Evaluation& run, const LinkRule& rule, const UriDetail& uri) {
  for (std::size_t i = 0; i < rule.conditions.size(); ++i) {
    const auto values = values_of(uri, rule.conditions[i].key);
    const bool met = std::any_of(values.begin(), values.end(), [&](std::string_view value) {
      const bool matches = rule.patterns.count_alone(i, {value}, run.facts.budget()) > 0;
      return matches != rule.conditions[i].negated;
    });
    if (!met) return false;
  }
  return true;
}

// Adds what a piece of work cost to a rule, where that is asked for.
template <class Work>
void timed(Evaluation& run, std::uint32_t rule, Work&& work) {
  using Clock = std::chrono::steady_clock;
  if (run.nanoseconds == nullptr) return work();
  const auto before = Clock::now();
  work();
  (*run.nanoseconds)[rule] +=
      static_cast<std::uint64_t>(std::chrono::nanoseconds(Clock::now() - before).count());
}

void count_links(Evaluation& run, const LinkRule& rule) {
  timed(run, rule.rule, [&] {
    const auto& uris = run.facts.uri_details();
    run.counts[rule.rule] = std::any_of(
        uris.begin(), uris.end(), [&](const UriDetail& uri) { return meets(run, rule, uri); });
  });
}

void count_eval(Evaluation& run, const EvalRule& rule) {
  timed(run, rule.rule, [&] {
    const double value = rule.function(run.facts, rule.arguments);
    run.counts[rule.rule] = value == 0 ? 0 : std::max(1u, static_cast<std::uint32_t>(value));
  });
}

// What others see of a meta rule: how much it hits, at least 1 when it does.
std::uint32_t value_of(const MetaRule& meta, const std::vector<std::uint32_t>& counts) {
  const double value = meta.expression.evaluate([&](std::uint32_t name) {
    const std::int32_t operand = meta.operands[name];
    return operand < 0 ? 0.0 : static_cast<double>(counts[static_cast<std::size_t>(operand)]);
  });
  constexpr double most = 1e6;
  if (value == 0) return 0;
  return static_cast<std::uint32_t>(std::clamp(value, 1.0, most));
}

}  // namespace

void HeaderRules::compile() {
  patterns.compile();
  for (std::size_t i = 0; i < tests.size(); ++i) {
    PcreBudget budget;
    std::uint32_t found = patterns.count_alone(i, {""}, budget);
    if (found == 0 && tests[i].unless) {
      found = patterns.count_alone(i, {*tests[i].unless}, budget);
    }
    when_missing.push_back(count_of(tests[i], found));
  }
}

void CompiledRules::count(const Content& content, bool everything,
                          std::vector<std::uint32_t>& counts,
                          std::vector<std::uint64_t>* nanoseconds) const {
  counts.assign(rules.size(), 0);
  MessageFacts facts(content, settings);
  Evaluation run{facts, counts, nanoseconds};
  count_sections(run, *this);
  for (const auto& [selector, header] : headers) count_header(run, selector, header);
  for (const auto& [selector, header] : part_headers) count_part_header(run, selector, header);
  captures.confirm(facts, counts);
  for (const auto& link : links) count_links(run, *link);
  for (const EvalRule& eval : evals) {
    if (everything || !rules[eval.rule].disabled) count_eval(run, eval);
  }
  if (!everything) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (rules[i].disabled) counts[i] = 0;
    }
  }
  if (everything) {
    count_every_meta(true, counts);
  } else {
    count_metas(counts);
  }
}

void CompiledRules::prepare_metas() {
  counts_at_rest.assign(rules.size(), 0);
  count_every_meta(false, counts_at_rest);
  metas_that_name.assign(rules.size(), {});
  for (std::uint32_t i = 0; i < metas.size(); ++i) {
    for (const std::int32_t operand : metas[i].operands) {
      if (operand >= 0) metas_that_name[static_cast<std::size_t>(operand)].push_back(i);
    }
  }
}

void CompiledRules::count_every_meta(bool everything, std::vector<std::uint32_t>& counts) const {
  for (const MetaRule& meta : metas) {
    if (!rules[meta.rule].disabled || everything) counts[meta.rule] = value_of(meta, counts);
  }
}

void CompiledRules::count_metas(std::vector<std::uint32_t>& counts) const {
  std::vector<bool> due(metas.size(), false);
  const auto wake = [&](std::uint32_t rule) {
    for (const std::uint32_t meta : metas_that_name[rule]) due[meta] = true;
  };
  for (const MetaRule& meta : metas) counts[meta.rule] = counts_at_rest[meta.rule];
  for (std::uint32_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != counts_at_rest[i]) wake(i);
  }
  for (std::size_t i = 0; i < metas.size(); ++i) {
    const std::uint32_t rule = metas[i].rule;
    if (!due[i] || rules[rule].disabled) continue;
    counts[rule] = value_of(metas[i], counts);
    if (counts[rule] != counts_at_rest[rule]) wake(rule);
  }
}

}  // namespace postern
