#include "rules/pattern_set.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace postern {

namespace {

constexpr int shortest_literal = 3;
// Octets that one expression may use for its program and its cached automata.
constexpr std::int64_t usual_memory = 1 << 20;
constexpr std::int64_t large_memory = 8 << 20;  // for programs that need more than their share
// Expressions that one automaton looks for together, its memory, and the largest member's program.
constexpr std::size_t group_size = 16;
constexpr std::int64_t group_memory = 8 << 20;
constexpr int largest_grouped = 400;
// Programs beyond this are for PCRE2 behind a superset: their automata would not fit their memory,
// and RE2 without one takes a step an instruction and octet.
constexpr int slow_program = 1000;
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
  return re2::RE2(regex.re2, options_for(regex, large_memory)).ProgramSize() > slow_program;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// How often `regex` matches in `chunk`, without overlap, up to `most`.
std::uint32_t count_matches(const re2::RE2& regex, std::string_view chunk, std::uint32_t most) {
  const re2::StringPiece text(chunk.data(), chunk.size());
  if (most == 1) return regex.Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0) ? 1 : 0;
  std::uint32_t count = 0;
  std::size_t at = 0;
  re2::StringPiece match;
  while (count < most && at <= text.size() &&
         regex.Match(text, at, text.size(), re2::RE2::UNANCHORED, &match, 1)) {
    ++count;
    const auto end = static_cast<std::size_t>(match.data() - text.data()) + match.size();
    at = match.empty() ? end + 1 : end;
  }
  return count;
}

}  // namespace

PatternSet::PatternSet() : filter_(shortest_literal) {}

bool PatternSet::add_to_filter(const RegexTranslation& regex) {
  int id = 0;
  auto code = filter_.Add(regex.re2, options_for(regex, usual_memory), &id);
  if (code == re2::RE2::ErrorPatternTooLarge) {
    code = filter_.Add(regex.re2, options_for(regex, large_memory), &id);
  }
  return code == re2::RE2::NoError;
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
  if (!add_to_filter(confirm && wide.ok ? wide : regex)) {
    const re2::RE2 refused(regex.re2, options_for(regex, large_memory));
    if (regex.source.pattern.empty()) return refused.error();
    if (!confirm) confirm = PcreRegex::compile(regex.source, regex.bytes, why);
    if (!confirm) return refused.error();
    wide = translate_regex(regex.source, regex.bytes, RegexForm::loose);
    if (!wide.ok || !add_to_filter(wide)) {
      wide.re2 = "(?:)";  // lets all through
      if (!add_to_filter(wide)) return refused.error();
    }
  }
  confirm_.push_back(std::move(confirm));
  most_counted_.push_back(most_counted);
  return {};
}

void PatternSet::compile() {
  limits_reached_ = std::make_unique<std::atomic<std::uint64_t>[]>(size());
  if (size() < filter_from) return;
  std::vector<std::string> atoms;
  filter_.Compile(&atoms);
  std::vector<std::string> literals;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    // Folding beyond ASCII is RE2's business; such atoms would have to be folded as it does.
    if (is_ascii(atoms[i])) {
      atom_of_literal_.push_back(static_cast<int>(i));
      literals.push_back(std::move(atoms[i]));
    } else {
      assumed_atoms_.push_back(static_cast<int>(i));
    }
  }
  scanner_ = std::make_unique<LiteralScanner>(literals);
  group_unfiltered();
}

// The states of a group are combinations of its members' states, so it is kept small, and what
// has large counts stays alone.
void PatternSet::group_unfiltered() {
  grouped_.assign(size(), false);
  std::vector<int> always;
  filter_.AllPotentials(assumed_atoms_, &always);
  for (const bool bytes : {false, true}) {
    std::vector<int> members;
    for (const int index : always) {
      const re2::RE2& regex = filter_.GetRE2(index);
      const bool latin1 = regex.options().encoding() == re2::RE2::Options::EncodingLatin1;
      if (latin1 != bytes || regex.ProgramSize() > largest_grouped) continue;
      members.push_back(index);
      if (members.size() == group_size) add_group(std::exchange(members, {}), bytes);
    }
    if (members.size() > 1) add_group(members, bytes);
  }
}

void PatternSet::add_group(const std::vector<int>& members, bool bytes) {
  RegexTranslation encoding;
  encoding.bytes = bytes;
  Group group;
  group.set =
      std::make_unique<re2::RE2::Set>(options_for(encoding, group_memory), re2::RE2::UNANCHORED);
  for (const int index : members) {
    if (group.set->Add(filter_.GetRE2(index).pattern(), nullptr) < 0) return;
  }
  if (!group.set->Compile()) return;
  for (const int index : members) grouped_[static_cast<std::size_t>(index)] = true;
  group.members = members;
  groups_.push_back(std::move(group));
}

void PatternSet::find_grouped(const std::vector<std::string_view>& chunks,
                              std::vector<int>& candidates) const {
  std::vector<int> found;
  for (const Group& group : groups_) {
    std::vector<bool> hit(group.members.size(), false);
    for (const std::string_view chunk : chunks) {
      re2::RE2::Set::ErrorInfo error{};
      const re2::StringPiece text(chunk.data(), chunk.size());
      if (group.set->Match(text, &found, &error)) {
        for (const int member : found) hit[static_cast<std::size_t>(member)] = true;
      } else if (error.kind != re2::RE2::Set::kNoError) {
        // Its automaton does not fit its memory: each member is run alone.
        std::fill(hit.begin(), hit.end(), true);
        break;
      }
    }
    for (std::size_t i = 0; i < hit.size(); ++i) {
      if (hit[i]) candidates.push_back(group.members[i]);
    }
  }
}

void PatternSet::find_candidates(std::string_view whole,
                                 const std::vector<std::string_view>& chunks,
                                 std::vector<int>& candidates) const {
  std::vector<bool> found(atom_of_literal_.size(), false);
  scanner_->scan(whole, found);
  std::vector<int> atoms = assumed_atoms_;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i]) atoms.push_back(atom_of_literal_[i]);
  }
  std::sort(atoms.begin(), atoms.end());
  filter_.AllPotentials(atoms, &candidates);
  candidates.erase(
      std::remove_if(candidates.begin(), candidates.end(),
                     [this](int index) { return grouped_[static_cast<std::size_t>(index)]; }),
      candidates.end());
  find_grouped(chunks, candidates);
}

void PatternSet::count(std::string_view whole, const std::vector<std::string_view>& chunks,
                       PcreBudget& budget, std::vector<std::uint32_t>& counts,
                       std::vector<std::uint64_t>* nanoseconds) const {
  using Clock = std::chrono::steady_clock;
  std::fill(counts.begin(), counts.end(), 0);
  const auto run = [&](std::size_t index) {
    if (nanoseconds == nullptr) {
      counts[index] = count_alone(index, chunks, budget);
      return;
    }
    const auto before = Clock::now();
    counts[index] = count_alone(index, chunks, budget);
    const auto took = std::chrono::nanoseconds(Clock::now() - before).count();
    (*nanoseconds)[index] += static_cast<std::uint64_t>(took);
  };
  if (!scanner_) {
    for (std::size_t i = 0; i < size(); ++i) run(i);
    return;
  }
  std::vector<int> candidates;
  find_candidates(whole, chunks, candidates);
  for (const int candidate : candidates) run(static_cast<std::size_t>(candidate));
}

std::uint32_t PatternSet::count_alone(std::size_t index,
                                      const std::vector<std::string_view>& chunks,
                                      PcreBudget& budget) const {
  if (confirmed(index)) return count_confirmed(index, chunks, budget);
  const re2::RE2& regex = filter_.GetRE2(static_cast<int>(index));
  std::uint32_t count = 0;
  for (const std::string_view chunk : chunks) {
    count += count_matches(regex, chunk, most_counted_[index] - count);
    if (count >= most_counted_[index]) break;
  }
  return count;
}

std::uint32_t PatternSet::count_confirmed(std::size_t index,
                                          const std::vector<std::string_view>& chunks,
                                          PcreBudget& budget) const {
  const re2::RE2& superset = filter_.GetRE2(static_cast<int>(index));
  std::uint32_t count = 0;
  for (const std::string_view chunk : chunks) {
    if (count_matches(superset, chunk, 1) == 0) continue;
    std::size_t at = 0;
    while (count < most_counted_[index] && at <= chunk.size()) {
      const PcreRegex::Found found = confirm_[index]->find(chunk, at, budget);
      if (found.outcome == PcreRegex::Outcome::limit) {
        limits_reached_[index].fetch_add(1, std::memory_order_relaxed);
        return count;
      }
      if (found.outcome == PcreRegex::Outcome::miss) break;
      ++count;
      at = std::max(found.end, at) + (found.end > found.begin && found.end > at ? 0 : 1);
    }
    if (count >= most_counted_[index]) break;
  }
  return count;
}

}  // namespace postern
