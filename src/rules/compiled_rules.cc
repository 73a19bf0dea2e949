#include "rules/compiled_rules.h"

#include "rules/sections.h"

namespace postern {

namespace {

using MakeSection = void (*)(const Content&, Section&);

void count_section(const Content& content, const SectionRules& section_rules, MakeSection make,
                   PcreBudget& budget, std::vector<std::uint32_t>& counts,
                   std::vector<std::uint64_t>* nanoseconds) {
  if (section_rules.rules.empty()) return;
  Section section;
  make(content, section);
  std::vector<std::uint32_t> found(section_rules.patterns.size());
  std::vector<std::uint64_t> costs(nanoseconds == nullptr ? 0 : found.size());
  section_rules.patterns.count(section.chunks, budget, found,
                               nanoseconds == nullptr ? nullptr : &costs);
  for (std::size_t i = 0; i < found.size(); ++i) counts[section_rules.rules[i]] = found[i];
  for (std::size_t i = 0; i < costs.size(); ++i) (*nanoseconds)[section_rules.rules[i]] += costs[i];
}

void count_header(const Content& content, const HeaderSelector& selector, const HeaderRules& header,
                  PcreBudget& budget, std::vector<std::uint32_t>& counts,
                  std::vector<std::uint64_t>* nanoseconds) {
  std::string text;
  const bool present = make_header(content, selector, text);
  for (const std::uint32_t rule : header.exists_rules) counts[rule] = present ? 1 : 0;
  std::vector<std::uint32_t> found(header.patterns.size());
  std::vector<std::uint64_t> costs(nanoseconds == nullptr ? 0 : found.size());
  header.patterns.count({text}, budget, found, nanoseconds == nullptr ? nullptr : &costs);
  for (std::size_t i = 0; i < costs.size(); ++i) (*nanoseconds)[header.tests[i].rule] += costs[i];
  for (std::size_t i = 0; i < found.size(); ++i) {
    const HeaderRules::Test& test = header.tests[i];
    if (!present && test.unless) found[i] = header.patterns.count_alone(i, {*test.unless}, budget);
    counts[test.rule] = test.negated ? (found[i] == 0 ? 1 : 0) : found[i];
  }
}

// A meta rule hits or not; its value beyond that is of no use to others.
std::uint32_t value_of(const MetaRule& meta, const std::vector<std::uint32_t>& counts) {
  const double value = meta.expression.evaluate([&](std::uint32_t name) {
    const std::int32_t operand = meta.operands[name];
    return operand < 0 ? 0.0 : static_cast<double>(counts[static_cast<std::size_t>(operand)]);
  });
  return value > 0 || value < 0 ? 1 : 0;
}

}  // namespace

void CompiledRules::count(const Content& content, bool everything,
                          std::vector<std::uint32_t>& counts,
                          std::vector<std::uint64_t>* nanoseconds) const {
  counts.assign(rules.size(), 0);
  PcreBudget budget;
  count_section(content, body, make_body, budget, counts, nanoseconds);
  count_section(content, rawbody, make_rawbody, budget, counts, nanoseconds);
  count_section(content, uri, make_uris, budget, counts, nanoseconds);
  count_section(content, full, make_full, budget, counts, nanoseconds);
  for (const auto& [selector, header] : headers)
    count_header(content, selector, header, budget, counts, nanoseconds);
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
