#include "rules/begin_automaton.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/ascii.h"

namespace postern {

// Makes the states, those first that fewest octets lead to.
class BeginAutomaton::Construction {
 public:
  Construction(const FilterProgram& program, BeginAutomaton& automaton)
      : program_(program), made_(automaton), seen_(program.nodes().size(), 0) {
    find_classes();
  }

  // False when a match needs no octet.
  bool run() {
    add_row();  // of `never`
    made_.maybe_ = add_row();
    begin_state();
    reach(program_.entry());
    made_.start_ = row_of_reached();
    for (std::size_t state = 0; state < states_.size(); ++state) {
      for (std::size_t octets = 0; octets < made_.class_count_; ++octets) {
        const Row next = step(state, octets);
        made_.next_[(state + first_state) * made_.class_count_ + octets] = next;
      }
    }
    return made_.start_ != made_.maybe_;
  }

 private:
  using Nodes = std::vector<std::uint32_t>;

  void find_classes() {
    const auto& sets = program_.octet_sets();
    std::map<std::vector<bool>, std::uint8_t> known;
    for (std::size_t octet = 0; octet < made_.classes_.size(); ++octet) {
      std::vector<bool> taken_by;
      for (const FilterProgram::Octets& set : sets) taken_by.push_back(set[octet]);
      const auto next = static_cast<std::uint8_t>(known.size());
      made_.classes_[octet] = known.try_emplace(std::move(taken_by), next).first->second;
    }
    made_.class_count_ = known.size();
    takes_.assign(known.size(), std::vector<bool>(sets.size()));
    for (const auto& [taken_by, octets] : known) takes_[octets] = taken_by;
  }

  Row step(std::size_t state, std::size_t octets) {
    begin_state();
    for (const std::uint32_t node : *states_[state]) {
      const FilterProgram::Node& from = program_.nodes()[node];
      if (takes_[octets][from.octets]) reach(from.next);
    }
    return row_of_reached();
  }

  void begin_state() {
    reached_.clear();
    has_matched_ = false;
    ++turn_;
  }

  // Adds `node`, or what follows it without an octet.
  void reach(std::uint32_t node) {
    while (seen_[node] != turn_) {
      seen_[node] = turn_;
      const FilterProgram::Node& reached = program_.nodes()[node];
      switch (reached.kind) {
        case FilterProgram::Node::Kind::match: has_matched_ = true; return;
        case FilterProgram::Node::Kind::octet: reached_.push_back(node); return;
        case FilterProgram::Node::Kind::split: reach(reached.other); break;
      }
      node = reached.next;
    }
  }

  Row row_of_reached() {
    if (has_matched_) return made_.maybe_;
    if (reached_.empty()) return never;
    std::sort(reached_.begin(), reached_.end());
    if (const auto known = rows_.find(reached_); known != rows_.end()) return known->second;
    if (states_.size() + first_state >= most_states) return made_.maybe_;
    const Row row = add_row();
    states_.push_back(&rows_.try_emplace(reached_, row).first->first);
    return row;
  }

  Row add_row() {
    const auto row = static_cast<Row>(made_.next_.size());
    made_.next_.resize(made_.next_.size() + made_.class_count_, never);
    return row;
  }

  static constexpr std::size_t first_state = 2;  // behind `never` and `maybe`

  const FilterProgram& program_;
  BeginAutomaton& made_;
  std::vector<std::vector<bool>> takes_;  // by class: whether an octet set has it
  std::map<Nodes, Row> rows_;
  std::vector<const Nodes*> states_;  // in the order of their rows, in rows_
  // The state that is being made; for each node the turn in which it was reached.
  Nodes reached_;
  bool has_matched_ = false;
  std::vector<std::uint32_t> seen_;
  std::uint32_t turn_ = 0;
};

namespace {

// Of the octets in front of a word boundary those that can be there, by what follows it.
BeginAutomaton::Octets boundary(const BeginAutomaton::Octets& follows) {
  BeginAutomaton::Octets word;
  for (std::size_t octet = 0; octet < 0x80; ++octet) {
    const char c = static_cast<char>(octet);
    word[octet] = is_ascii_alnum(c) || c == '_';
  }
  if ((follows & ~word).none()) return ~word;
  if ((follows & word).none()) return word;
  return word.set();
}

}  // namespace

std::optional<BeginAutomaton> BeginAutomaton::compile(const RegexCore& core, bool latin1) {
  const auto program = FilterProgram::compile(core.tree, latin1);
  if (!program) return {};
  BeginAutomaton automaton;
  if (!Construction(*program, automaton).run()) return {};
  automaton.in_front_ = core.in_front;
  if (core.at_word_boundary) automaton.in_front_ &= boundary(automaton.possible(1).front());
  return automaton;
}

std::vector<BeginAutomaton::Octets> BeginAutomaton::possible(std::size_t distances) const {
  std::vector<Octets> possible(distances);
  std::vector<bool> here(next_.size());  // by row
  here[start_] = true;
  for (Octets& octets : possible) {
    std::vector<bool> behind(here.size());
    if (here[maybe_]) {
      octets.set();
      behind[maybe_] = true;
    }
    for (std::size_t row = std::size_t{maybe_} + 1; row < here.size(); ++row) {
      if (!here[row]) continue;
      for (std::size_t octet = 0; octet < classes_.size(); ++octet) {
        const Row next = next_[row + classes_[octet]];
        if (next == never) continue;
        octets.set(octet);
        behind[next] = true;
      }
    }
    here = std::move(behind);
  }
  return possible;
}

}  // namespace postern
