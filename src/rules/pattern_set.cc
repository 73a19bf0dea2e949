#include "rules/pattern_set.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <unordered_map>
#include <utility>

#include "rules/regex_core.h"
#include "rules/regex_length.h"
#include "rules/regex_tree.h"
#include "rules/usual_text.h"

namespace postern {

namespace {

// Octets that one expression may use for its program and its cached automata: so many, and more
// where the program is large, as so many states are needed for its cache to be of use.
constexpr std::int64_t usual_memory = 1 << 20;
constexpr std::int64_t memory_an_instruction = 2 << 10;
constexpr std::int64_t most_memory = 128 << 20;
// Expressions that one automaton looks for together, its memory, and the largest member's program.
constexpr std::size_t group_size = 16;
constexpr std::int64_t group_memory = 8 << 20;
constexpr int largest_grouped = 80;
// Programs beyond this are for PCRE2 behind a superset: their automata would not fit their memory,
// and RE2 without one takes a step an instruction and octet.
constexpr int slow_program = 1000;
// Beyond this they are only run where a smaller superset matches.
constexpr int large_program = 2000;
// Below this many expressions, running each is as fast as asking the filter.
constexpr std::size_t filter_from = 4;

re2::RE2::Options options_for(const RegexTranslation& regex, std::int64_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(memory);
  options.set_never_capture(true);
  if (regex.bytes) options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return options;
}

bool is_slow(const RegexTranslation& regex) {
  return re2::RE2(regex.re2, options_for(regex, most_memory)).ProgramSize() > slow_program;
}

// Whether what an expression needs stands in nearly every message anyway.
bool is_hardly_filtered(const std::vector<LiteralClause>& clauses) {
  return std::all_of(clauses.begin(), clauses.end(), [](const LiteralClause& clause) {
    return std::any_of(clause.begin(), clause.end(), [](const std::string& literal) {
      return usual_text().find(literal) != std::string_view::npos;
    });
  });
}

// How many octets of a usual message are looked at, by the automaton or in the places where matches
// of at most `length` octets may begin.
std::size_t octets_looked_at(const BeginAutomaton& automaton, std::uint32_t length) {
  std::vector<BeginScanner::Found> found;
  std::size_t octets = BeginScanner({automaton}).scan(usual_text(), found);
  const std::size_t size = usual_text().size();
  for (const BeginScanner::Found& each : found) {
    octets += std::min(each.begins.end + std::size_t{length}, size) - each.begins.begin;
  }
  return octets;
}

struct Begin {
  BeginAutomaton automaton;
  std::optional<std::size_t> before;  // of the core
};

// What is best to know matches of `regex` by; nothing where a usual message would have to be looked
// through anyway.
std::optional<Begin> find_begin(const re2::RE2& regex, bool latin1, std::uint32_t length) {
  const auto tree = parse_regex(regex.pattern(), latin1);
  if (!tree) return {};
  std::optional<Begin> best;
  const std::size_t good = usual_text().size() / 20;
  // What can share an automaton with others costs little without.
  std::size_t least = usual_text().size() / (regex.ProgramSize() > largest_grouped ? 3 : 12);
  for (const RegexCore& core : regex_cores(*tree, latin1)) {
    auto automaton = BeginAutomaton::compile(core, latin1);
    if (!automaton) continue;
    const std::size_t octets = octets_looked_at(*automaton, length);
    if (octets >= least) continue;
    least = octets;
    best = Begin{std::move(*automaton), core.before};
    if (octets <= good) break;
  }
  return best;
}

bool is_latin1(const re2::RE2& regex) {
  return regex.options().encoding() == re2::RE2::Options::EncodingLatin1;
}

constexpr std::uint32_t no_limit = std::numeric_limits<std::uint32_t>::max();

TextSpan whole(std::string_view chunk) { return {0, static_cast<std::uint32_t>(chunk.size())}; }

// How often `regex` matches within `span` of `chunk`, without overlap, up to `most`. Assertions
// see the text around it.
std::uint32_t count_matches(const re2::RE2& regex, std::string_view chunk, TextSpan span,
                            std::uint32_t most) {
  const re2::StringPiece text(chunk.data(), chunk.size());
  if (most == 1) {
    return regex.Match(text, span.begin, span.end, re2::RE2::UNANCHORED, nullptr, 0) ? 1 : 0;
  }
  std::uint32_t count = 0;
  std::size_t at = span.begin;
  re2::StringPiece match;
  while (count < most && at <= span.end &&
         regex.Match(text, at, span.end, re2::RE2::UNANCHORED, &match, 1)) {
    ++count;
    const auto end = static_cast<std::size_t>(match.data() - text.data()) + match.size();
    at = match.empty() ? end + 1 : end;
  }
  return count;
}

using Clock = std::chrono::steady_clock;

// Adds the time since it was made to what expressions cost, if anybody asks.
class Stopwatch {
 public:
  explicit Stopwatch(std::vector<std::uint64_t>* costs) : costs_(costs) {
    if (costs_ != nullptr) begun_ = Clock::now();
  }
  void share(std::size_t index) const {
    if (costs_ != nullptr) (*costs_)[index] += passed();
  }
  void share(const std::vector<std::uint32_t>& indexes) const {
    if (costs_ == nullptr) return;
    const std::uint64_t each = passed() / indexes.size();
    for (const std::uint32_t index : indexes) (*costs_)[index] += each;
  }

 private:
  std::uint64_t passed() const {
    const auto took = Clock::now() - begun_;
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(took).count());
  }

  std::vector<std::uint64_t>* costs_;
  Clock::time_point begun_;
};

}  // namespace

// What one count() remembers between chunks and within one.
class PatternSet::Search {
 public:
  struct Candidate {
    std::uint32_t index = 0;
    TextSpan span;  // of the chunk, where its matches are
  };

  explicit Search(const PatternSet& set)
      : found(*set.scanner_),
        met(set.size(), 0),
        clause_places(std::make_unique_for_overwrite<TextSpan[]>(set.first_clause_.back())) {}
  void add(std::uint32_t index, TextSpan span) { candidates.push_back({index, span}); }
  void next_chunk() {
    for (const std::uint32_t index : touched) met[index] = 0;
    candidates.clear();
    matches.clear();
    touched.clear();
  }

  LiteralScanner::Found found;
  std::vector<std::uint8_t> met;       // bits of clauses, by expression
  std::vector<std::uint32_t> touched;  // expressions of which a clause is met
  // By number of the clause, valid where that is met: where its literals stand.
  std::unique_ptr<TextSpan[]> clause_places;
  std::vector<Candidate> candidates;   // that RE2 has to look for, each once
  std::vector<std::uint32_t> matches;  // that RE2 has found
  std::vector<BeginScanner::Found> begun;
  std::vector<int> matched;  // of a group
};

bool PatternSet::add_regex(const RegexTranslation& regex) {
  auto compiled = std::make_unique<const re2::RE2>(regex.re2, options_for(regex, usual_memory));
  if (!compiled->ok() && compiled->error_code() != re2::RE2::ErrorPatternTooLarge) return false;
  if (!compiled->ok() || compiled->ProgramSize() * memory_an_instruction > usual_memory) {
    compiled = std::make_unique<const re2::RE2>(regex.re2, options_for(regex, most_memory));
    if (!compiled->ok()) return false;
    const std::int64_t memory = compiled->ProgramSize() * memory_an_instruction;
    if (memory < most_memory) {
      auto smaller = std::make_unique<const re2::RE2>(regex.re2, options_for(regex, memory));
      if (smaller->ok()) compiled = std::move(smaller);
    }
  }
  regexes_.push_back(std::move(compiled));
  return true;
}

std::string PatternSet::add(const RegexTranslation& regex, std::uint32_t most_counted) {
  std::unique_ptr<const PcreRegex> confirm;
  std::string why;
  if (!regex.exact) {
    confirm = PcreRegex::compile(regex.source, regex.bytes, why);
    if (!confirm) return why;
  }
  // What PCRE2 decides anyway is looked for with its counts widened: large counts make large
  // automata, and are slow to search for.
  RegexTranslation wide;
  if (confirm || (!regex.source.pattern.empty() && is_slow(regex))) {
    wide = translate_regex(regex.source, regex.bytes, RegexForm::loose);
    if (!confirm && wide.ok) confirm = PcreRegex::compile(regex.source, regex.bytes, why);
  }
  if (!add_regex(confirm && wide.ok ? wide : regex)) {
    const re2::RE2 refused(regex.re2, options_for(regex, most_memory));
    if (regex.source.pattern.empty()) return refused.error();
    if (!confirm) confirm = PcreRegex::compile(regex.source, regex.bytes, why);
    if (!confirm) return refused.error();
    wide = translate_regex(regex.source, regex.bytes, RegexForm::loose);
    if (!wide.ok || !add_regex(wide)) {
      wide.re2 = "(?:)";  // lets all through
      if (!add_regex(wide)) return refused.error();
    }
  }
  RegexTranslation widest;
  if (regexes_.back()->ProgramSize() > large_program && !regex.source.pattern.empty()) {
    widest = translate_regex(regex.source, regex.bytes, RegexForm::widest);
  }
  widest_.push_back(widest.ok ? std::move(widest.re2) : std::string());
  confirm_.push_back(std::move(confirm));
  most_counted_.push_back(most_counted);
  return {};
}

void PatternSet::compile() {
  limits_reached_ = std::make_unique<std::atomic<std::uint64_t>[]>(size());
  if (size() < filter_from) return;
  std::vector<std::vector<LiteralClause>> clauses;
  for (const auto& regex : regexes_) {
    clauses.push_back(needed_literals(regex->pattern(), regex->options()));
  }
  for (const auto& regex : regexes_) {
    const auto length = longest_match(regex->pattern(), is_latin1(*regex));
    lengths_.push_back(length ? static_cast<std::uint32_t>(*length) : no_limit);
  }
  index_begins(clauses);
  index_literals(clauses);
  group_unfiltered();
}

void PatternSet::index_begins(std::vector<std::vector<LiteralClause>>& clauses) {
  std::vector<BeginAutomaton> automata;
  for (std::uint32_t index = 0; index < size(); ++index) {
    if (!is_hardly_filtered(clauses[index])) continue;
    const bool latin1 = is_latin1(*regexes_[index]);
    auto begin = find_begin(*regexes_[index], latin1, lengths_[index]);
    if (!begin) {
      if (clauses[index].empty()) always_.push_back(index);
      continue;
    }
    clauses[index].clear();
    automata.push_back(std::move(begin->automaton));
    begun_.push_back(index);
    before_.push_back(begin->before ? static_cast<std::uint32_t>(*begin->before) : no_limit);
  }
  if (!automata.empty()) begins_ = std::make_unique<BeginScanner>(std::move(automata));
}

void PatternSet::index_literals(const std::vector<std::vector<LiteralClause>>& clauses) {
  std::unordered_map<std::string, std::size_t> known;
  std::vector<std::string> literals;
  std::uint32_t number = 0;
  for (std::uint32_t index = 0; index < clauses.size(); ++index) {
    std::uint8_t bit = 1;
    all_clauses_.push_back(0);
    first_clause_.push_back(number);
    for (const LiteralClause& clause : clauses[index]) {
      for (const std::string& literal : clause) {
        const auto [at, is_new] = known.try_emplace(literal, literals.size());
        if (is_new) literals.push_back(literal);
        needs_.resize(literals.size());
        needs_[at->second].push_back({index, number, bit});
      }
      all_clauses_[index] |= bit;
      bit = static_cast<std::uint8_t>(bit << 1);
      ++number;
    }
  }
  first_clause_.push_back(number);
  scanner_ = std::make_unique<LiteralScanner>(std::move(literals));
}

// The states of a group are combinations of its members' states, so it is kept small, and what
// has large counts stays alone. What is large is looked for in a smaller form first, all at once:
// such expressions have much in common.
void PatternSet::group_unfiltered() {
  const std::vector<std::uint32_t> unfiltered = std::exchange(always_, {});
  for (const bool latin1 : {false, true}) {
    std::vector<std::uint32_t> members, large;
    for (const std::uint32_t index : unfiltered) {
      const re2::RE2& regex = *regexes_[index];
      if (is_latin1(regex) != latin1) continue;
      if (!widest_[index].empty()) {
        large.push_back(index);
      } else if (regex.ProgramSize() > largest_grouped) {
        always_.push_back(index);
      } else {
        members.push_back(index);
      }
      if (members.size() == group_size) add_group(std::exchange(members, {}), latin1, false);
    }
    add_group(members, latin1, false);
    add_group(large, latin1, true);
  }
  widest_.clear();
}

void PatternSet::add_group(const std::vector<std::uint32_t>& members, bool latin1, bool wider) {
  RegexTranslation encoding;
  encoding.bytes = latin1;
  Group group;
  group.members = members;
  group.is_wider = wider;
  group.set = std::make_unique<re2::RE2::Set>(
      options_for(encoding, wider ? most_memory : group_memory), re2::RE2::UNANCHORED);
  bool usable = members.size() > (wider ? 0 : 1);
  for (const std::uint32_t index : members) {
    const std::string& pattern = wider ? widest_[index] : regexes_[index]->pattern();
    usable = usable && group.set->Add(pattern, nullptr) >= 0;
  }
  if (usable && group.set->Compile()) {
    groups_.push_back(std::move(group));
  } else {
    always_.insert(always_.end(), members.begin(), members.end());
  }
}

void PatternSet::find_grouped(const Group& group, std::string_view chunk, Search& search) {
  re2::RE2::Set::ErrorInfo error{};
  const re2::StringPiece text(chunk.data(), chunk.size());
  if (group.set->Match(text, &search.matched, &error)) {
    for (const int member : search.matched) {
      const std::uint32_t index = group.members[static_cast<std::size_t>(member)];
      if (group.is_wider) {
        search.add(index, whole(chunk));
      } else {
        search.matches.push_back(index);
      }
    }
  } else if (error.kind != re2::RE2::Set::kNoError) {
    // Its automaton does not fit its memory: each member is run alone.
    for (const std::uint32_t member : group.members) search.add(member, whole(chunk));
  }
}

void PatternSet::find_candidates(std::string_view chunk, Search& search) const {
  search.next_chunk();
  scanner_->scan(chunk, search.found);
  for (const std::uint32_t literal : search.found.literals()) {
    for (const Need& need : needs_[literal]) {
      std::uint8_t& met = search.met[need.index];
      if (met == 0) search.touched.push_back(need.index);
      TextSpan& places = search.clause_places[need.clause];
      if ((met & need.bit) == 0) {
        places = search.found.places(literal);
      } else {
        places.join(search.found.places(literal));
      }
      met |= need.bit;
    }
  }
  for (const std::uint32_t index : search.touched) {
    if (search.met[index] != all_clauses_[index]) continue;
    TextSpan span = whole(chunk);
    for (std::uint32_t i = first_clause_[index]; i < first_clause_[index + 1]; ++i) {
      span.intersect(reach(index, search.clause_places[i], chunk));
    }
    if (!span.empty()) search.add(index, span);
  }
  for (const std::uint32_t index : always_) search.add(index, whole(chunk));
}

TextSpan PatternSet::reach(std::uint32_t index, TextSpan places, std::string_view chunk) const {
  const std::uint32_t length = lengths_[index];
  if (length == no_limit) return whole(chunk);
  const auto size = static_cast<std::uint32_t>(chunk.size());
  return {places.begin - std::min(places.begin, length),
          places.end + std::min(size - places.end, length)};
}

void PatternSet::find_begun(std::string_view chunk, Search& search) const {
  search.begun.clear();
  begins_->scan(chunk, search.begun);
  for (const BeginScanner::Found& found : search.begun) {
    const std::uint32_t index = begun_[found.expression];
    const std::uint32_t before = before_[found.expression];
    TextSpan span = reach(index, found.begins, chunk);
    span.begin = found.begins.begin - std::min(found.begins.begin, before);
    search.add(index, span);
  }
}

void PatternSet::count(const std::vector<std::string_view>& chunks, PcreBudget& budget,
                       std::vector<std::uint32_t>& counts,
                       std::vector<std::uint64_t>* nanoseconds) const {
  std::fill(counts.begin(), counts.end(), 0);
  std::vector<bool> given_up(size(), false);
  const auto run = [&](std::size_t index, std::string_view chunk, TextSpan span, Known known) {
    if (given_up[index] || counts[index] >= most_counted_[index]) return;
    const Stopwatch stopwatch(nanoseconds);
    given_up[index] = !count_in(index, chunk, span, known, budget, counts[index]);
    stopwatch.share(index);
  };
  if (!scanner_) {
    for (const std::string_view chunk : chunks) {
      for (std::size_t i = 0; i < size(); ++i) run(i, chunk, whole(chunk), Known::nothing);
    }
    return;
  }
  Search search(*this);
  for (const std::string_view chunk : chunks) {
    find_candidates(chunk, search);
    if (begins_) {
      const Stopwatch stopwatch(nanoseconds);
      find_begun(chunk, search);
      stopwatch.share(begun_);
    }
    for (const Group& group : groups_) {
      const Stopwatch stopwatch(nanoseconds);
      find_grouped(group, chunk, search);
      stopwatch.share(group.members);
    }
    for (const Search::Candidate& candidate : search.candidates) {
      run(candidate.index, chunk, candidate.span, Known::nothing);
    }
    for (const std::uint32_t index : search.matches) {
      run(index, chunk, whole(chunk), Known::match);
    }
  }
}

std::uint32_t PatternSet::count_alone(std::size_t index,
                                      const std::vector<std::string_view>& chunks,
                                      PcreBudget& budget) const {
  std::uint32_t count = 0;
  for (const std::string_view chunk : chunks) {
    if (count >= most_counted_[index] ||
        !count_in(index, chunk, whole(chunk), Known::nothing, budget, count)) {
      break;
    }
  }
  return count;
}

bool PatternSet::count_in(std::size_t index, std::string_view chunk, TextSpan span, Known known,
                          PcreBudget& budget, std::uint32_t& count) const {
  const std::uint32_t most = most_counted_[index] - count;
  const re2::RE2& regex = *regexes_[index];
  if (confirmed(index)) {
    if (known != Known::match && count_matches(regex, chunk, span, 1) == 0) return true;
    return confirm_in(index, chunk, span.begin, budget, count);
  }
  count += known == Known::match && most == 1 ? 1 : count_matches(regex, chunk, span, most);
  return true;
}

bool PatternSet::confirm_in(std::size_t index, std::string_view chunk, std::size_t from,
                            PcreBudget& budget, std::uint32_t& count) const {
  std::size_t at = from;
  while (count < most_counted_[index] && at <= chunk.size()) {
    const PcreRegex::Found found = confirm_[index]->find(chunk, at, budget);
    if (found.outcome == PcreRegex::Outcome::limit) {
      limits_reached_[index].fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    if (found.outcome == PcreRegex::Outcome::miss) break;
    ++count;
    at = std::max(found.end, at) + (found.end > found.begin && found.end > at ? 0 : 1);
  }
  return true;
}

}  // namespace postern
