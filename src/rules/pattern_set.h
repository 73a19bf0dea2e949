// PatternSet: many regular expressions that look at the same text; which of them match, how often.
//
// A prefilter finds in one pass which expressions can match at all, by the literal strings that
// each needs (RE2's FilteredRE2 knows them); those that need none are looked for together, a group
// of them with one automaton (RE2::Set). Only what is found so is run. The filter may let too many
// through, never too few, so the answer is that of each expression alone. An expression of which
// RE2 has only a superset is confirmed by PCRE2 where that hits.
//
// Memory is bounded: each expression's automaton has a budget, beyond which RE2 goes on without
// a cache, slower but with the same answer. Thread rule: const after compile(); the counters of
// limits are atomic.
#pragma once

#include <re2/filtered_re2.h>
#include <re2/re2.h>
#include <re2/set.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/literal_scanner.h"
#include "rules/pcre_confirm.h"
#include "rules/regex_translation.h"

namespace postern {

class PatternSet {
 public:
  PatternSet();

  // Adds an expression; its index is the number of those before it. Empty on success, else the
  // reason in words. What RE2 refuses is confirmed by PCRE2 behind a wider superset.
  // `most_counted`: hits beyond that many are not looked for.
  std::string add(const RegexTranslation& regex, std::uint32_t most_counted);

  // To be called once, after the last add().
  void compile();

  std::size_t size() const { return most_counted_.size(); }
  // RE2's measure of what an expression costs, in instructions.
  std::size_t program_size(std::size_t index) const {
    return static_cast<std::size_t>(filter_.GetRE2(static_cast<int>(index)).ProgramSize());
  }

  // Whether PCRE2 has the last word on an expression.
  bool confirmed(std::size_t index) const { return confirm_[index] != nullptr; }
  // How many messages' searches for it ended at a limit of PCRE2, so far.
  std::uint64_t limits_reached(std::size_t index) const {
    return limits_reached_[index].load(std::memory_order_relaxed);
  }

  // counts[i] = how often expression i matches in the chunks, up to its limit; `counts` has size()
  // entries. `whole` holds every chunk as a part of it. `nanoseconds`, if
  // given, has size() entries, too, and gets what each expression cost added.
  void count(std::string_view whole, const std::vector<std::string_view>& chunks,
             PcreBudget& budget, std::vector<std::uint32_t>& counts,
             std::vector<std::uint64_t>* nanoseconds = nullptr) const;

  // The same for one expression, without the prefilter.
  std::uint32_t count_alone(std::size_t index, const std::vector<std::string_view>& chunks,
                            PcreBudget& budget) const;

 private:
  std::uint32_t count_confirmed(std::size_t index, const std::vector<std::string_view>& chunks,
                                PcreBudget& budget) const;
  bool add_to_filter(const RegexTranslation& regex);
  // Indexes of the expressions that can match.
  void find_candidates(std::string_view whole, const std::vector<std::string_view>& chunks,
                       std::vector<int>& candidates) const;

  re2::FilteredRE2 filter_;
  std::vector<std::uint32_t> most_counted_;
  std::vector<std::unique_ptr<const PcreRegex>> confirm_;  // nullptr: RE2 alone
  std::unique_ptr<std::atomic<std::uint64_t>[]> limits_reached_;
  // Expressions that no literal could rule out, in groups that one automaton looks for at once.
  struct Group {
    std::unique_ptr<re2::RE2::Set> set;
    std::vector<int> members;  // by index in `set`
  };
  void group_unfiltered();
  void add_group(const std::vector<int>& members, bool bytes);
  void find_grouped(const std::vector<std::string_view>& chunks,
                    std::vector<int>& candidates) const;

  std::vector<Group> groups_;
  std::vector<bool> grouped_;  // by index of the expression
  std::unique_ptr<LiteralScanner> scanner_;
  std::vector<int> atom_of_literal_;  // index of the scanner -> index of FilteredRE2
  std::vector<int> assumed_atoms_;    // atoms that cannot be scanned for, so taken as present
};

}  // namespace postern
