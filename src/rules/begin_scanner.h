// BeginScanner: in which places of a text matches of many regular expressions may begin.
//
// 64 expressions are looked for at once, a bit each: at every place of the text the sets of
// expressions that allow the octets from there on are intersected, until none is left, which is
// nearly always after a few octets. What is left is tried with its own automaton
// (rules/begin_automaton.h). Time is linear in the text: an expression that takes too many steps
// may match anywhere.
//
// Thread rule: const after construction.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rules/begin_automaton.h"
#include "rules/text_span.h"

namespace postern {

class BeginScanner {
 public:
  explicit BeginScanner(std::vector<BeginAutomaton> automata);

  struct Found {
    std::uint32_t expression = 0;  // its index
    TextSpan begins;               // from the first to behind the last place where it may begin
  };
  // Adds to `found` the expressions that may begin somewhere in `text`, each once. Returns how many
  // octets their own automata looked at.
  std::size_t scan(std::string_view text, std::vector<Found>& found) const;

 private:
  using Bits = std::uint64_t;
  static constexpr std::size_t block_size = 64;
  // How many octets are looked at for all at once.
  static constexpr std::size_t distances = 6;
  using ByOctet = std::array<Bits, BeginAutomaton::beyond_text + 1>;
  struct Block {
    // The expressions that allow an octet in front of where they begin, and at a distance from it.
    ByOctet in_front{};
    std::array<ByOctet, distances> allowed{};
    Bits all = 0;
  };
  class BlockScan;

  static void add(const BeginAutomaton::Octets& octets, Bits bit, ByOctet& to);

  std::vector<BeginAutomaton> automata_;
  std::vector<Block> blocks_;
};

}  // namespace postern
