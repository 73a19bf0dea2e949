// PatternSet: many regular expressions that look at the same text; which of them match, how often.
//
// Each chunk of text is scanned once for the literal strings that expressions need
// (rules/needed_literals.h); an expression is run only on chunks that hold what it needs. Those
// that need none, or only what nearly every message holds (rules/usual_text.h), are run where the
// octets stand that a match can begin with (rules/begin_scanner.h); those that can begin with
// anything are looked for together, a group of them with one automaton (RE2::Set). The filters may
// let too many through, never too few, so the answer is that of each expression alone.
// An expression of which RE2 has only a superset is confirmed by PCRE2 where that hits.
//
// Memory is bounded: each expression's automaton has a budget, beyond which RE2 goes on without
// a cache, slower but with the same answer. Thread rule: const after compile(); the counters of
// limits are atomic.
#pragma once

#include <re2/re2.h>
#include <re2/set.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/begin_scanner.h"
#include "rules/literal_scanner.h"
#include "rules/needed_literals.h"
#include "rules/pcre_confirm.h"
#include "rules/regex_translation.h"
#include "rules/text_span.h"

namespace postern {

class PatternSet {
 public:
  // Adds an expression; its index is the number of those before it. Empty on success, else the
  // reason in words. What RE2 refuses is confirmed by PCRE2 behind a wider superset.
  // `most_counted`: hits beyond that many are not looked for.
  std::string add(const RegexTranslation& regex, std::uint32_t most_counted);

  // To be called once, after the last add().
  void compile();

  std::size_t size() const { return most_counted_.size(); }
  // RE2's measure of what an expression costs, in instructions.
  std::size_t program_size(std::size_t index) const {
    return static_cast<std::size_t>(regexes_[index]->ProgramSize());
  }

  // Whether PCRE2 has the last word on an expression.
  bool confirmed(std::size_t index) const { return confirm_[index] != nullptr; }
  // How many messages' searches for it ended at a limit of PCRE2, so far.
  std::uint64_t limits_reached(std::size_t index) const {
    return limits_reached_[index].load(std::memory_order_relaxed);
  }

  // counts[i] = how often expression i matches in the chunks, up to its limit; `counts` has size()
  // entries. `nanoseconds`, if given, has size() entries, too, and gets what each expression cost
  // added.
  void count(const std::vector<std::string_view>& chunks, PcreBudget& budget,
             std::vector<std::uint32_t>& counts,
             std::vector<std::uint64_t>* nanoseconds = nullptr) const;

  // The same for one expression, without the prefilter.
  std::uint32_t count_alone(std::size_t index, const std::vector<std::string_view>& chunks,
                            PcreBudget& budget) const;

 private:
  // Expressions that no filter could rule out, that one automaton looks for at once.
  struct Group {
    std::unique_ptr<re2::RE2::Set> set;
    std::vector<std::uint32_t> members;  // by index in `set`
    bool is_wider = false;               // whether `set` finds more than its members match
  };
  // That a literal of a clause of an expression was found.
  struct Need {
    std::uint32_t index = 0;
    std::uint32_t clause = 0;  // by number among all clauses
    std::uint8_t bit = 0;      // of the clause, among those of the expression
  };
  class Search;

  bool add_regex(const RegexTranslation& regex);
  // Takes the clauses away of what is better filtered by how it begins.
  void index_begins(std::vector<std::vector<LiteralClause>>& clauses);
  void index_literals(const std::vector<std::vector<LiteralClause>>& clauses);
  void group_unfiltered();
  // `wider`: of their widest forms.
  void add_group(const std::vector<std::uint32_t>& members, bool latin1, bool wider);
  void find_candidates(std::string_view chunk, Search& search) const;
  void find_begun(std::string_view chunk, Search& search) const;
  // Where in the chunk matches of an expression can be that hold something of `places`.
  TextSpan reach(std::uint32_t index, TextSpan places, std::string_view chunk) const;
  static void find_grouped(const Group& group, std::string_view chunk, Search& search);
  // Whether RE2 is known to match.
  enum class Known : std::uint8_t { nothing, match };
  // Adds to `count` the matches within `span`, in which all are; false when a limit was reached
  // and the expression is to be given up.
  bool count_in(std::size_t index, std::string_view chunk, TextSpan span, Known known,
                PcreBudget& budget, std::uint32_t& count) const;
  bool confirm_in(std::size_t index, std::string_view chunk, std::size_t from, PcreBudget& budget,
                  std::uint32_t& count) const;

  std::vector<std::unique_ptr<const re2::RE2>> regexes_;
  std::vector<std::string> widest_;  // until compile(): for what is large, a smaller superset
  std::vector<std::uint32_t> most_counted_;
  std::vector<std::unique_ptr<const PcreRegex>> confirm_;  // nullptr: RE2 alone
  std::unique_ptr<std::atomic<std::uint64_t>[]> limits_reached_;

  std::unique_ptr<LiteralScanner> scanner_;  // nullptr: every expression is always run
  std::vector<std::vector<Need>> needs_;     // by index of the literal
  std::vector<std::uint8_t> all_clauses_;    // by index of the expression: the bits of its needs
  std::vector<std::uint32_t> first_clause_;  // the number of its first; one entry more at the end
  std::vector<std::uint32_t> lengths_;       // and the most octets of its matches, or no_limit
  std::unique_ptr<BeginScanner> begins_;     // nullptr: none is known by how it begins
  std::vector<std::uint32_t> begun_;         // by index in it
  std::vector<std::uint32_t> before_;        // and how many octets before it, at most, or no_limit
  std::vector<Group> groups_;
  std::vector<std::uint32_t> always_;  // that nothing filters and are in no group
};

}  // namespace postern
