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

// Takes off what tells little from `node`, with which the core begins.
void strip(RegexNode& node, bool latin1, RegexCore& core) {
  if (node.kind == Kind::repeat && node.children.front().kind == Kind::sequence) unroll(node);
  if (node.kind != Kind::sequence) return;
  const auto tells = std::find_if(
      node.children.begin(), node.children.end(),
      [](const RegexNode& child) { return !may_be_empty(child) && !takes_blank(child); });
  for (auto child = node.children.begin(); child != tells; ++child) {
    if (says_nothing(*child)) continue;
    const auto length = longest_match(*child, latin1);
    core.before = core.before && length ? std::optional(*core.before + *length) : std::nullopt;
    core.in_front = in_front_behind(*child, latin1);
    core.at_word_boundary =
        child->kind == Kind::nothing && child->assertion == RegexNode::Assertion::word;
  }
  node.children.erase(node.children.begin(), tells);
  if (!node.children.empty()) strip(node.children.front(), latin1, core);
}

}  // namespace

RegexCore regex_core(RegexNode tree, bool latin1) {
  RegexCore core;
  core.tree = tree;
  strip(core.tree, latin1, core);
  if (!may_be_empty(core.tree)) return core;
  RegexCore whole;
  whole.tree = std::move(tree);
  return whole;
}

}  // namespace postern
