#include "rules/filter_program.h"

#include <algorithm>
#include <array>
#include <optional>

namespace postern {

namespace {

// How many nodes the copies of something that must come several times may have in all.
constexpr std::size_t most_copied = 64;
// The same where each may be the last.
constexpr std::size_t most_optional = 12;

// What a part of an expression takes, about: one at least.
std::size_t runes_in(const RegexNode& tree) {
  std::size_t runes = 0;
  for (const RegexNode& child : tree.children) runes += runes_in(child);
  if (tree.kind == RegexNode::Kind::repeat) runes *= std::max<std::size_t>(1, tree.least);
  return std::clamp<std::size_t>(runes, 1, most_copied);
}

FilterProgram::Octets octets_between(std::size_t first, std::size_t last) {
  FilterProgram::Octets octets;
  for (std::size_t octet = first; octet <= last; ++octet) octets.set(octet);
  return octets;
}

}  // namespace

// Builds an expression from its end to its beginning: each part knows what follows it.
class FilterProgram::Builder {
 public:
  Builder(FilterProgram& program, bool latin1) : program_(program), latin1_(latin1) {}

  // The node to begin with for `tree` and then `next`.
  std::uint32_t build(const RegexNode& tree, std::uint32_t next) {
    if (is_full()) return next;
    switch (tree.kind) {
      case RegexNode::Kind::nothing: return next;
      case RegexNode::Kind::runes: return build_runes(tree.runes, next);
      case RegexNode::Kind::sequence:
        for (auto child = tree.children.rbegin(); child != tree.children.rend(); ++child) {
          next = build(*child, next);
        }
        return next;
      case RegexNode::Kind::choice: return build_choice(tree.children, next);
      case RegexNode::Kind::repeat: return build_repeat(tree, next);
    }
    return next;
  }

  bool is_full() const { return program_.nodes_.size() > most_nodes; }

  std::uint32_t add(const Node& node) {
    program_.nodes_.push_back(node);
    return static_cast<std::uint32_t>(program_.nodes_.size() - 1);
  }

 private:
  std::uint32_t build_octets(const Octets& octets, std::uint32_t next) {
    auto& sets = program_.octet_sets_;
    auto at = std::find(sets.begin(), sets.end(), octets);
    if (at == sets.end()) at = sets.insert(sets.end(), octets);
    return add({Node::Kind::octet, static_cast<std::uint32_t>(at - sets.begin()), next, 0});
  }

  std::uint32_t build_split(std::uint32_t next, std::uint32_t other) {
    return next == other ? next : add({Node::Kind::split, 0, next, other});
  }

  std::uint32_t build_runes(const RuneSet& runes, std::uint32_t next) {
    if (latin1_) return build_octets(runes.latin1(), next);
    const Octets single = runes.leads(1);
    const Octets leads = runes.leads(2) | runes.leads(3) | runes.leads(4);
    if (leads.none()) return build_octets(single, next);
    const std::uint32_t more = add({Node::Kind::split, 0, 0, next});
    const std::uint32_t continuation = build_octets(octets_between(0x80, 0xbf), more);
    program_.nodes_[more].next = continuation;
    const std::uint32_t longer = build_octets(leads, continuation);
    return single.none() ? longer : build_split(build_octets(single, next), longer);
  }

  std::uint32_t build_choice(const std::vector<RegexNode>& children, std::uint32_t next) {
    std::array<Spelling, longest_spelling> merged;  // by length, less one
    std::optional<std::uint32_t> entry;
    const auto add_way = [&](std::uint32_t way) { entry = entry ? build_split(*entry, way) : way; };
    for (const RegexNode& child : children) {
      const auto spelling = latin1_ ? spelling_of(child) : std::nullopt;
      if (!spelling) {
        add_way(build(child, next));
        continue;
      }
      merged[spelling->length - 1].join(*spelling);
    }
    for (const Spelling& spelling : merged) {
      if (spelling.length == 0) continue;
      std::uint32_t way = next;
      for (std::size_t i = spelling.length; i-- != 0;) way = build_octets(spelling.octets[i], way);
      add_way(way);
    }
    return entry ? *entry : build_octets({}, next);  // of no way: an octet that does not exist
  }

  // A single octet, or several octets beyond ASCII that stand for one character.
  static constexpr std::size_t longest_spelling = 4;
  struct Spelling {
    std::array<Octets, longest_spelling> octets;
    std::size_t length = 0;

    void join(const Spelling& other) {
      length = other.length;
      for (std::size_t i = 0; i < length; ++i) octets[i] |= other.octets[i];
    }
    bool has_ascii() const {
      Octets all;
      for (const Octets& at : octets) all |= at;
      return (all & octets_between(0, 0x7f)).any();
    }
  };
  // Of what can only be one; where several can be they are joined octet by octet.
  static std::optional<Spelling> spelling_of(const RegexNode& tree) {
    Spelling spelling;
    if (tree.kind == RegexNode::Kind::runes) {
      spelling.octets[spelling.length++] = tree.runes.latin1();
      return spelling;
    }
    if (tree.kind == RegexNode::Kind::nothing || tree.kind == RegexNode::Kind::repeat) return {};
    for (const RegexNode& child : tree.children) {
      const auto part = spelling_of(child);
      if (!part) return {};
      if (tree.kind == RegexNode::Kind::sequence) {
        if (spelling.length + part->length > longest_spelling) return {};
        for (std::size_t i = 0; i < part->length; ++i) {
          spelling.octets[spelling.length++] = part->octets[i];
        }
        continue;
      }
      if (spelling.length != 0 && spelling.length != part->length) return {};
      spelling.join(*part);
    }
    if (spelling.length == 0 || (spelling.length > 1 && spelling.has_ascii())) return {};
    return spelling;
  }

  std::uint32_t build_repeat(const RegexNode& tree, std::uint32_t next) {
    const RegexNode& child = tree.children.front();
    if (tree.most == 0) return next;
    if (tree.most == 1) {
      const std::uint32_t entry = build(child, next);
      return tree.least == 1 ? entry : build_split(entry, next);
    }
    const std::size_t size = runes_in(child);
    if (size * tree.most <= most_optional) {
      std::uint32_t entry = next;
      for (std::size_t i = tree.most; i-- != 0;) {
        const std::uint32_t taken = build(child, entry);
        entry = i < tree.least ? taken : build_split(taken, next);
      }
      return entry;
    }
    std::size_t copies =
        std::clamp<std::size_t>(most_copied / size, 1, std::max<std::size_t>(1, tree.least));
    std::uint32_t entry = next;
    if (tree.least != tree.most || copies < tree.least) {
      const std::uint32_t again = add({Node::Kind::split, 0, 0, next});
      entry = build(child, again);
      program_.nodes_[again].next = entry;
      if (tree.least == 0) return again;
      --copies;
    }
    for (; copies != 0; --copies) entry = build(child, entry);
    return entry;
  }

  FilterProgram& program_;
  bool latin1_;
};

std::optional<FilterProgram> FilterProgram::compile(const RegexNode& tree, bool latin1) {
  FilterProgram program;
  Builder builder(program, latin1);
  program.entry_ = builder.build(tree, builder.add({Node::Kind::match, 0, 0, 0}));
  if (builder.is_full()) return {};
  return program;
}

}  // namespace postern
