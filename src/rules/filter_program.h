// FilterProgram: a regular expression as a nondeterministic automaton over octets, made somewhat
// too wide so that it stays small.
//
// Where the expression matches the program does; not the other way round: assertions ask for
// nothing, what must come many times may come fewer, and what may come several times may come any
// number of times. (Thompson, "Regular expression search algorithm", 1968.)
//
// Thread rule: const.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "rules/regex_tree.h"

namespace postern {

class FilterProgram {
 public:
  using Octets = std::bitset<256>;
  static constexpr std::size_t most_nodes = 10'000;

  struct Node {
    enum class Kind : std::uint8_t {
      octet,  // goes on to `next` behind an octet of the set
      split,  // goes on to `next` and to `other`
      match   // of the whole expression
    };
    Kind kind = Kind::octet;
    std::uint32_t octets = 0;  // index in octet_sets()
    std::uint32_t next = 0;
    std::uint32_t other = 0;
  };

  // Nothing when it would take more than most_nodes.
  static std::optional<FilterProgram> compile(const RegexNode& tree, bool latin1);

  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Octets>& octet_sets() const { return octet_sets_; }
  std::uint32_t entry() const { return entry_; }

 private:
  class Builder;

  FilterProgram() = default;

  std::vector<Node> nodes_;
  std::vector<Octets> octet_sets_;
  std::uint32_t entry_ = 0;
};

}  // namespace postern
