#include "rules/regex_core.h"

#include <algorithm>
#include <utility>

#include "rules/regex_length.h"

namespace postern {

namespace {

using Kind = RegexNode::Kind;

bool may_be_empty(const RegexNode& node) {
  const auto empty = [](const RegexNode& child) { return may_be_empty(child); };
  switch (node.kind) {
    case Kind::nothing: return true;
    case Kind::runes: return false;
    case Kind::sequence: return std::all_of(node.children.begin(), node.children.end(), empty);
    case Kind::choice: return std::any_of(node.children.begin(), node.children.end(), empty);
    case Kind::repeat: return node.least == 0 || may_be_empty(node.children.front());
  }
  return true;
}

bool takes_blank(const RegexNode& node) {
  return node.kind == Kind::runes ? node.runes.latin1()[' ']
                                  : node.kind == Kind::repeat && takes_blank(node.children.front());
}

RegexCore::Octets any() { return RegexCore::Octets().set(); }

// The last octets of a character, in UTF-8 or Latin-1.
RegexCore::Octets last_octets(const RuneSet& runes, bool latin1) {
  const std::bitset<256> octets = latin1 ? runes.latin1() : runes.leads(1);
  const bool longer = !latin1 && (runes.leads(2) | runes.leads(3) | runes.leads(4)).any();
  RegexCore::Octets last;
  for (std::size_t octet = 0; octet < octets.size(); ++octet) {
    last[octet] = octets[octet] || (longer && octet >= 0x80 && octet < 0xc0);
  }
  return last;
}

// What stands in front of that which follows `node`, as far as `node` alone can tell.
RegexCore::Octets in_front_behind(const RegexNode& node, bool latin1) {
  RegexCore::Octets octets;
  switch (node.kind) {
    case Kind::nothing:
      if (node.assertion == RegexNode::Assertion::none) return any();
      if (node.assertion == RegexNode::Assertion::word) return any();
      octets.set(RegexCore::text_begin);
      octets['\n'] = node.assertion == RegexNode::Assertion::line;
      return octets;
    case Kind::runes: return last_octets(node.runes, latin1);
    case Kind::choice:
      for (const RegexNode& child : node.children) octets |= in_front_behind(child, latin1);
      return octets;
    case Kind::sequence:
      return node.children.empty() ? any() : in_front_behind(node.children.back(), latin1);
    case Kind::repeat:
      return node.least == 0 ? any() : in_front_behind(node.children.front(), latin1);
  }
  return any();
}

// Whether it takes nothing and asks for nothing.
bool says_nothing(const RegexNode& node) {
  if (node.kind == Kind::nothing) return node.assertion == RegexNode::Assertion::none;
  return (node.kind == Kind::sequence || node.kind == Kind::choice) &&
         std::all_of(node.children.begin(), node.children.end(), says_nothing);
}

// Writes the first of what must come several times on its own.
void unroll(RegexNode& node) {
  RegexNode rest = node;
  --rest.least;
  if (rest.most != RegexNode::without_end) --rest.most;
  RegexNode first = std::move(node.children.front());
  node = {};
  node.kind = Kind::sequence;
  node.children.push_back(std::move(first));
  node.children.push_back(std::move(rest));
}

bool tells(const RegexNode& node) { return !may_be_empty(node) && !takes_blank(node); }

// Takes off the first `count` parts of a sequence, and says so in `core`.
void take_off(RegexNode& sequence, std::ptrdiff_t count, bool latin1, RegexCore& core) {
  const auto end = sequence.children.begin() + count;
  for (auto child = sequence.children.begin(); child != end; ++child) {
    if (says_nothing(*child)) continue;
    const auto length = longest_match(*child, latin1);
    core.before = core.before && length ? std::optional(*core.before + *length) : std::nullopt;
    core.in_front = in_front_behind(*child, latin1);
    core.at_word_boundary =
        child->kind == Kind::nothing && child->assertion == RegexNode::Assertion::word;
  }
  sequence.children.erase(sequence.children.begin(), end);
}

// Takes off what tells little from `node`, with which the core begins.
void strip(RegexNode& node, bool latin1, RegexCore& core) {
  if (node.kind == Kind::repeat && node.least > 0 && node.children.front().kind == Kind::sequence) {
    unroll(node);
  }
  if (node.kind != Kind::sequence) return;
  const auto first = std::find_if(node.children.begin(), node.children.end(), tells);
  take_off(node, first - node.children.begin(), latin1, core);
  if (!node.children.empty()) strip(node.children.front(), latin1, core);
}

// The whole expression, without the assertions that it begins with.
RegexCore whole(RegexNode tree, bool latin1) {
  RegexCore core;
  core.tree = std::move(tree);
  if (core.tree.kind != Kind::sequence) return core;
  auto& parts = core.tree.children;
  const auto first = std::find_if(parts.begin(), parts.end(), [](const RegexNode& part) {
    return part.kind != Kind::nothing && !says_nothing(part);
  });
  take_off(core.tree, first - parts.begin(), latin1, core);
  return core;
}

}  // namespace

std::vector<RegexCore> regex_cores(const RegexNode& tree, bool latin1) {
  std::vector<RegexCore> cores;
  const auto add = [&](RegexCore core) {
    if (!may_be_empty(core.tree)) cores.push_back(std::move(core));
  };
  RegexCore core;
  core.tree = tree;
  strip(core.tree, latin1, core);
  add(std::move(core));
  add(whole(tree, latin1));
  if (tree.kind != Kind::sequence) return cores;
  for (std::size_t i = 1; i < tree.children.size() && cores.size() < most_cores; ++i) {
    const auto& before = tree.children[i - 1];
    if (may_be_empty(tree.children[i]) || before.kind == Kind::nothing) continue;
    RegexCore later;
    later.tree = tree;
    take_off(later.tree, static_cast<std::ptrdiff_t>(i), latin1, later);
    add(std::move(later));
  }
  return cores;
}

}  // namespace postern
