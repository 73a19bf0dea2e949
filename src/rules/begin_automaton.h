// BeginAutomaton: whether a match of a regular expression's core may begin at a place.
//
// A deterministic automaton, so small that some of it may be missing: where a text leads to what
// is missing, or to the end of a match, the answer is that one may begin. Text in which none does
// nearly always leads nowhere after a few octets. (Subset construction: Rabin and Scott, "Finite
// automata and their decision problems", 1959.)
//
// Thread rule: const after compile().
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rules/filter_program.h"
#include "rules/regex_core.h"

namespace postern {

class BeginAutomaton {
 public:
  // Nothing when it matches where there is no octet, or is beyond the limits of FilterProgram.
  static std::optional<BeginAutomaton> compile(const RegexCore& core, bool latin1);

  // What stands behind the end of a text: possible where a match may have ended.
  static constexpr std::size_t beyond_text = 256;
  using Octets = std::bitset<257>;
  // All that can stand at a distance from where a match begins, whatever stands at the others; for
  // each distance from 0 on.
  std::vector<Octets> possible(std::size_t distances) const;

  // What can stand in front of where a match begins; beyond_text: that it is the text's beginning.
  const Octets& in_front() const { return in_front_; }

  // Whether a match may begin at `at`. Adds the octets that it has looked at to `steps`, and gives
  // up, with the answer that one may, when these exceed `most_steps`.
  bool may_begin(std::string_view text, std::size_t at, std::size_t most_steps,
                 std::size_t& steps) const {
    Row row = start_;
    for (; at < text.size() && row > maybe_; ++at) {
      if (++steps > most_steps) return true;
      row = next_[std::size_t{row} + classes_[static_cast<unsigned char>(text[at])]];
    }
    return row == maybe_;
  }

 private:
  using Row = std::uint16_t;  // where the row of a state begins in the table
  static constexpr Row never = 0;
  static constexpr std::size_t most_states = 250;  // their rows begin where a Row can say

  class Construction;

  BeginAutomaton() = default;

  std::array<std::uint8_t, 256> classes_{};  // of octets that the expression does not tell apart
  std::size_t class_count_ = 0;
  Row maybe_ = 0, start_ = 0;
  Octets in_front_;
  std::vector<Row> next_;  // class_count_ entries for a state
};

}  // namespace postern
