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
  section_rules.patterns.count(section.whole, section.chunks, budget, found,
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
  header.patterns.count(text, {text}, budget, found, nanoseconds == nullptr ? nullptr : &costs);
  for (std::size_t i = 0; i < costs.size(); ++i) (*nanoseconds)[header.tests[i].rule] += costs[i];
  for (std::size_t i = 0; i < found.size(); ++i) {
    const HeaderRules::Test& test = header.tests[i];
    if (!present && test.unless) found[i] = header.patterns.count_alone(i, {*test.unless}, budget);
    counts[test.rule] = test.negated ? (found[i] == 0 ? 1 : 0) : found[i];
  }
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
  for (const MetaRule& meta : metas) {
    if (rules[meta.rule].disabled && !everything) continue;
    const double value = meta.expression.evaluate([&](std::uint32_t name) {
      const std::int32_t operand = meta.operands[name];
      return operand < 0 ? 0.0 : static_cast<double>(counts[static_cast<std::size_t>(operand)]);
    });
    // A meta rule hits or not; its value beyond that is of no use to others.
    counts[meta.rule] = value > 0 || value < 0 ? 1 : 0;
  }
}

}  // namespace postern
