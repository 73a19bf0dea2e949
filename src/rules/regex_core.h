// Regex core: a regular expression without what stands at its beginning.
//
// A text that holds a match of an expression holds one of its core. Blanks and signs that may or
// must stand in front of a word are in every text; the word is not.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <vector>

#include "rules/regex_tree.h"

namespace postern {

struct RegexCore {
  // What stands right in front of it: octets, and what is in front of the first one of a text.
  static constexpr std::size_t text_begin = 256;
  using Octets = std::bitset<257>;

  RegexNode tree;
  // How many octets of a match of the expression can be in front of the core's, at most; nothing:
  // no limit.
  std::optional<std::size_t> before = 0;
  // Those of which one has to stand there.
  Octets in_front = Octets().set();
  // Whether a word begins or ends there.
  bool at_word_boundary = false;
};

// The cores that an expression can be looked for by, the one that tells most, by its look, first:
// without what tells little at the beginning; the whole; from later parts on. None when all of it
// may match where there is no octet.
constexpr std::size_t most_cores = 6;
std::vector<RegexCore> regex_cores(const RegexNode& tree, bool latin1);

}  // namespace postern
