#include "rules/regex_prefix.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "rules/regex_tree.h"

namespace postern {

namespace {

// How many octets may have been taken on the way to a place: bit n for n, below the length.
using Depths = std::uint32_t;
constexpr Depths all_depths = (Depths{1} << RegexPrefix::length) - 1;
// Steps of the walk, beyond which nothing is known.
constexpr std::size_t most_steps = 2'000'000;

bool is_letter(char octet) {
  return static_cast<unsigned char>(octet) >= 0x80 || is_ascii_alpha(octet) ||
         is_ascii_digit(octet);
}

// Walks all ways through an expression at once, by how far they have come.
class Walk {
 public:
  Walk(bool latin1, PrefixOctets wanted) : latin1_(latin1) {
    for (std::size_t octet = 0; octet < wanted_.size(); ++octet) {
      wanted_[octet] = wanted == PrefixOctets::all || is_letter(static_cast<char>(octet));
    }
  }

  std::optional<RegexPrefix> run(const RegexNode& node) {
    const Depths ends = pass(node, 1);
    if (steps_ > most_steps || (ends & 1) != 0) return {};
    RegexPrefix prefix;
    for (std::size_t depth = 0; depth < RegexPrefix::length; ++depth) {
      const Depths up_to_here = (Depths{2} << depth) - 1;
      if ((ends & up_to_here) != 0) {
        prefix.octets[depth].set();
        continue;
      }
      for (std::size_t octet = 0; octet < octets_[depth].size(); ++octet) {
        prefix.octets[depth][octet] = octets_[depth][octet];
      }
    }
    return prefix;
  }

 private:
  // Where the ways that come to `node` at `depths` are behind it.
  Depths pass(const RegexNode& node, Depths depths) {
    if (depths == 0 || ++steps_ > most_steps) return 0;
    switch (node.kind) {
      case RegexNode::Kind::nothing: return depths;
      case RegexNode::Kind::runes: return take(node.runes, depths);
      case RegexNode::Kind::sequence:
        for (const RegexNode& child : node.children) depths = pass(child, depths);
        return depths;
      case RegexNode::Kind::choice: {
        Depths behind = 0;
        for (const RegexNode& child : node.children) behind |= pass(child, depths);
        return behind;
      }
      case RegexNode::Kind::repeat: return repeat(node, depths);
    }
    return depths;
  }

  Depths repeat(const RegexNode& node, Depths depths) {
    const RegexNode& child = node.children.front();
    // Once a turn changes nothing no further one does.
    for (std::size_t i = 0; i < node.least; ++i) {
      const Depths next = pass(child, depths);
      if (next == depths) break;
      depths = next;
    }
    Depths behind = depths;
    for (std::size_t i = node.least; i < node.most && depths != 0; ++i) {
      depths = pass(child, depths);
      if ((depths & ~behind) == 0) break;
      behind |= depths;
    }
    return behind;
  }

  Depths take(const RuneSet& runes, Depths depths) {
    if (latin1_) return take(runes.latin1(), depths);
    Depths behind = take(runes.leads(1), depths);
    for (int octets = 2; octets <= 4; ++octets) {
      const auto leads = runes.leads(octets);
      if (leads.none()) continue;
      Depths at = take(leads, depths);
      for (int i = 1; i < octets; ++i) at = take(continuation(), at);
      behind |= at;
    }
    return behind;
  }

  Depths take(const std::bitset<256>& octets, Depths depths) {
    if (octets.none()) return 0;
    for (std::size_t depth = 0; depth < RegexPrefix::length; ++depth) {
      if ((depths >> depth & 1) != 0) octets_[depth] |= octets & wanted_;
    }
    const Depths behind = (octets & wanted_).any() ? depths << 1 & all_depths : 0;
    // What is left out takes no room.
    return (octets & ~wanted_).any() ? behind | depths : behind;
  }

  static const std::bitset<256>& continuation() {
    static const std::bitset<256> octets = [] {
      std::bitset<256> made;
      for (std::size_t octet = 0x80; octet < 0xc0; ++octet) made.set(octet);
      return made;
    }();
    return octets;
  }

  bool latin1_;
  std::bitset<256> wanted_;
  std::array<std::bitset<256>, RegexPrefix::length> octets_;
  std::size_t steps_ = 0;
};

}  // namespace

std::optional<RegexPrefix> regex_prefix(std::string_view pattern, bool latin1,
                                        PrefixOctets octets) {
  const std::optional<RegexNode> node = parse_regex(pattern, latin1);
  if (!node) return {};
  return Walk(latin1, octets).run(*node);
}

void take_letters(std::string_view text, std::string& letters) {
  letters.resize(text.size());
  std::size_t size = 0;
  for (const char octet : text) {
    letters[size] = octet;
    size += is_letter(octet) ? 1 : 0;
  }
  letters.resize(size);
}

}  // namespace postern
