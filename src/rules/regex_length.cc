#include "rules/regex_length.h"

#include <algorithm>

namespace postern {

namespace {

constexpr std::size_t unbounded = longest_bounded + 1;

// The most octets that a character of the set takes.
std::size_t longest_rune(const RuneSet& runes, bool latin1) {
  if (latin1) return runes.latin1().any() ? 1 : 0;
  for (int octets = 4; octets >= 1; --octets) {
    if (runes.leads(octets).any()) return static_cast<std::size_t>(octets);
  }
  return 0;
}

std::size_t longest(const RegexNode& node, bool latin1) {
  std::size_t length = 0;
  switch (node.kind) {
    case RegexNode::Kind::nothing: return 0;
    case RegexNode::Kind::runes: return longest_rune(node.runes, latin1);
    case RegexNode::Kind::sequence:
      for (const RegexNode& child : node.children) {
        length = std::min(unbounded, length + longest(child, latin1));
      }
      return length;
    case RegexNode::Kind::choice:
      for (const RegexNode& child : node.children) {
        length = std::max(length, longest(child, latin1));
      }
      return length;
    case RegexNode::Kind::repeat:
      length = longest(node.children.front(), latin1);
      if (length == 0) return 0;
      if (node.most == RegexNode::without_end) return unbounded;
      return std::min(unbounded, length * node.most);
  }
  return unbounded;
}

}  // namespace

std::optional<std::size_t> longest_match(std::string_view pattern, bool latin1) {
  const auto node = parse_regex(pattern, latin1);
  if (!node) return {};
  return longest_match(*node, latin1);
}

std::optional<std::size_t> longest_match(const RegexNode& tree, bool latin1) {
  const std::size_t length = longest(tree, latin1);
  if (length > longest_bounded) return {};
  return length;
}

}  // namespace postern
