#include "rules/regex_tree.h"

#include <array>
#include <utility>

#include "base/ascii.h"

namespace postern {

namespace {

using Node = RegexNode;

constexpr std::size_t deepest_nesting = 200;
constexpr std::size_t most_repeats = RegexNode::without_end;

// Each with the first and the last octet of its ranges.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> posix_classes{
    {{"alnum", "09AZaz"},
     {"alpha", "AZaz"},
     {"digit", "09"},
     {"lower", "az"},
     {"punct", "!/:@[`{~"},
     {"upper", "AZ"},
     {"xdigit", "09AFaf"}}};

// Recursive descent over RE2's syntax (its doc/syntax.txt). Whatever is not understood fails.
class Parser {
 public:
  Parser(std::string_view pattern, bool latin1) : pattern_(pattern), latin1_(latin1) {}

  std::optional<Node> parse() {
    Node node = choice(0);
    if (failed_ || at_ != pattern_.size()) return {};
    return node;
  }

 private:
  bool ended() const { return at_ >= pattern_.size(); }
  char peek() const { return pattern_[at_]; }
  bool take(std::string_view text) {
    if (pattern_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }
  Node fail() {
    failed_ = true;
    return {};
  }

  Node choice(std::size_t depth) {
    if (depth > deepest_nesting) return fail();
    Node node;
    node.kind = Node::Kind::choice;
    do {
      node.children.push_back(sequence(depth));
    } while (!failed_ && take("|"));
    return only_child(std::move(node));
  }

  Node sequence(std::size_t depth) {
    Node node;
    node.kind = Node::Kind::sequence;
    while (!failed_ && !ended() && peek() != '|' && peek() != ')') {
      if (take("\\Q")) {
        quoted(node.children);
        continue;
      }
      Node atom = this->atom(depth);
      while (!failed_ && repeat(atom)) {
      }
      node.children.push_back(std::move(atom));
    }
    return only_child(std::move(node));
  }

  static Node only_child(Node node) {
    if (node.children.size() != 1) return node;
    Node child = std::move(node.children.front());
    return child;
  }

  void quoted(std::vector<Node>& nodes) {
    while (!ended() && !take("\\E")) nodes.push_back(one(rune()));
  }

  // Wraps `atom` where a quantifier follows.
  bool repeat(Node& atom) {
    std::size_t least = 0, most = most_repeats;
    if (take("+")) {
      least = 1;
    } else if (take("?")) {
      most = 1;
    } else if (!take("*") && !counts(least, most)) {
      return false;
    }
    take("?");
    Node outer;
    outer.kind = Node::Kind::repeat;
    outer.least = least;
    outer.most = most;
    outer.children.push_back(std::move(atom));
    atom = std::move(outer);
    return true;
  }

  // "{2}", "{2,}", "{2,5}"; anything else in braces is text.
  bool counts(std::size_t& least, std::size_t& most) {
    if (ended() || peek() != '{') return false;
    std::size_t at = at_ + 1;
    const auto number = [&](std::size_t& value) {
      const std::size_t from = at;
      value = 0;
      while (at < pattern_.size() && is_ascii_digit(pattern_[at]) && at - from < 5) {
        value = value * 10 + static_cast<std::size_t>(pattern_[at++] - '0');
      }
      return at > from;
    };
    std::size_t low = 0, high = most_repeats;
    if (!number(low)) return false;
    if (at < pattern_.size() && pattern_[at] == ',') {
      ++at;
      if (at < pattern_.size() && pattern_[at] != '}' && !number(high)) return false;
    } else {
      high = low;
    }
    if (at >= pattern_.size() || pattern_[at] != '}') return false;
    least = low;
    most = high;
    at_ = at + 1;
    return true;
  }

  Node atom(std::size_t depth) {
    if (peek() == '(') return group(depth);
    if (peek() == '[') return bracket();
    if (peek() == '\\') return escape();
    if (take(".")) return any();
    if (take("^")) return assertion(lines_ ? Node::Assertion::line : Node::Assertion::text);
    if (take("$")) return {};
    if (peek() == '*' || peek() == '+' || peek() == '?') return fail();
    return one(rune());
  }

  // "(?i)" holds to the end of the group around it, "(?i:..)" and others within.
  Node group(std::size_t depth) {
    const bool fold = fold_, lines = lines_;
    take("(");
    if (take("?P<") || take("?<")) {
      const std::size_t end = pattern_.find('>', at_);
      if (end == std::string_view::npos) return fail();
      at_ = end + 1;
    } else if (take("?")) {
      if (!flags()) return fail();
      if (take(")")) return {};
      if (!take(":")) return fail();
    }
    Node node = choice(depth + 1);
    if (!take(")")) return fail();
    fold_ = fold;
    lines_ = lines;
    return node;
  }

  bool flags() {
    bool on = true;
    for (; !ended() && peek() != ')' && peek() != ':'; ++at_) {
      if (peek() == 'i') {
        fold_ = on;
      } else if (peek() == 'm') {
        lines_ = on;
      } else if (peek() == '-') {
        on = false;
      } else if (std::string_view("sU").find(peek()) == std::string_view::npos) {
        return false;
      }
    }
    return !ended();
  }

  // A character of the pattern, as written.
  char32_t rune() {
    const auto first = static_cast<unsigned char>(pattern_[at_++]);
    if (latin1_ || first < 0x80) return first;
    const int more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    char32_t rune = first & (0x3fu >> more);
    for (int i = 0; i < more; ++i) {
      if (ended()) {
        failed_ = true;
        return 0;
      }
      rune = rune << 6 | (static_cast<unsigned char>(pattern_[at_++]) & 0x3fu);
    }
    return rune;
  }

  Node of(RuneSet runes) {
    if (fold_ && latin1_) runes.fold_latin1();
    if (fold_ && !latin1_) runes.fold();
    return exactly(std::move(runes));
  }
  static Node exactly(RuneSet runes) {
    Node node;
    node.kind = Node::Kind::runes;
    node.runes = std::move(runes);
    return node;
  }
  Node one(char32_t rune) {
    RuneSet runes;
    runes.add(rune, rune);
    return of(std::move(runes));
  }
  Node any() {
    RuneSet runes;
    runes.add_all();
    return of(std::move(runes));
  }

  static Node assertion(Node::Assertion which) {
    Node node;
    node.assertion = which;
    return node;
  }

  Node escape() {
    if (take("\\A")) return assertion(Node::Assertion::text);
    if (take("\\b")) return assertion(Node::Assertion::word);
    if (take("\\B") || take("\\z")) return {};
    if (pattern_.substr(at_, 2) == "\\C") return fail();
    RuneSet runes;
    if (!named_class(runes) && !escaped_rune(runes)) return fail();
    return of(std::move(runes));
  }

  // \d \D \s \S \w \W, \pN, \p{Greek}.
  bool named_class(RuneSet& runes, bool negated = false) {
    RuneSet named;
    const char name = at_ + 1 < pattern_.size() ? pattern_[at_ + 1] : '\0';
    switch (ascii_lower(name)) {
      case 'd': named.add('0', '9'); break;
      case 's':
        for (const char32_t blank : {U'\t', U'\n', U'\f', U'\r', U' '}) named.add(blank, blank);
        break;
      case 'w':
        named.add('0', '9');
        named.add('A', 'Z');
        named.add('a', 'z');
        named.add('_', '_');
        break;
      case 'p': return unicode_class(runes, negated);
      default: return false;
    }
    at_ += 2;
    runes.add(name >= 'A' && name <= 'Z' ? named.complement() : named);
    return true;
  }

  // Taken for every character, so for none where the complement is asked for.
  bool unicode_class(RuneSet& runes, bool negated) {
    at_ += 2;
    if (ended()) return false;
    const std::size_t end = peek() == '{' ? pattern_.find('}', at_) : at_;
    if (end == std::string_view::npos) return false;
    at_ = end + 1;
    if (!negated) runes.add_all();
    return true;
  }

  bool escaped_rune(RuneSet& runes) {
    const auto rune = escaped();
    if (!rune) return false;
    runes.add(*rune, *rune);
    return true;
  }

  std::optional<char32_t> escaped() {
    if (!take("\\") || ended()) return {};
    if (take("x")) return hexadecimal();
    const char c = peek();
    if (c >= '0' && c <= '7') return octal();
    constexpr std::string_view letters = "aftnrv", values = "\a\f\t\n\r\v";
    if (const std::size_t at = letters.find(c); at != std::string_view::npos) {
      ++at_;
      return static_cast<unsigned char>(values[at]);
    }
    if (is_ascii_alpha(c) || is_ascii_digit(c)) return {};
    return rune();
  }

  std::optional<char32_t> hexadecimal() {
    const bool braces = take("{");
    const std::size_t end = braces ? pattern_.find('}', at_) : at_ + 2;
    if (end > pattern_.size()) return {};
    char32_t rune = 0;
    for (; at_ < end; ++at_) {
      const std::size_t digit = std::string_view("0123456789abcdef").find(ascii_lower(peek()));
      if (digit == std::string_view::npos || rune > RuneSet::last) return {};
      rune = rune * 16 + static_cast<char32_t>(digit);
    }
    if (braces) ++at_;
    if (rune > RuneSet::last) return {};
    return rune;
  }

  std::optional<char32_t> octal() {
    char32_t rune = 0;
    for (int i = 0; i < 3 && !ended() && peek() >= '0' && peek() <= '7'; ++i) {
      rune = rune * 8 + static_cast<char32_t>(pattern_[at_++] - '0');
    }
    return rune;
  }

  Node bracket() {
    take("[");
    const bool negated = take("^");
    RuneSet runes;
    bool first = true;
    while (!failed_ && !ended() && (peek() != ']' || first)) {
      first = false;
      if (!member(runes, negated)) return fail();
    }
    if (!take("]")) return fail();
    if (!negated) return of(std::move(runes));
    // The complement of what is certainly within, so only what folding certainly adds is added.
    if (fold_) runes.fold_latin1();
    return exactly(runes.complement());
  }

  bool member(RuneSet& runes, bool negated) {
    if (pattern_.substr(at_, 2) == "[:") return posix_class(runes, negated);
    if (peek() == '\\' && named_class(runes, negated)) return true;
    const auto first = class_rune();
    if (!first) return false;
    auto end = first;
    if (at_ + 1 < pattern_.size() && peek() == '-' && pattern_[at_ + 1] != ']') {
      ++at_;
      end = class_rune();
    }
    if (!end || *end < *first) return false;
    runes.add(*first, *end);
    return true;
  }

  std::optional<char32_t> class_rune() {
    if (ended()) return {};
    return peek() == '\\' ? escaped() : std::optional<char32_t>(rune());
  }

  // Of those that are not listed nothing is known: all characters, or none within a complement.
  bool posix_class(RuneSet& runes, bool negated) {
    const std::size_t end = pattern_.find(":]", at_);
    if (end == std::string_view::npos) return false;
    const std::string_view name = pattern_.substr(at_ + 2, end - at_ - 2);
    at_ = end + 2;
    for (const auto& [known, ranges] : posix_classes) {
      if (name != known) continue;
      for (std::size_t i = 0; i + 1 < ranges.size(); i += 2) {
        runes.add(static_cast<unsigned char>(ranges[i]), static_cast<unsigned char>(ranges[i + 1]));
      }
      return true;
    }
    if (!negated) runes.add_all();
    return true;
  }

  std::string_view pattern_;
  bool latin1_;
  std::size_t at_ = 0;
  bool fold_ = false;
  bool lines_ = false;  // '^' is true at the beginning of every line
  bool failed_ = false;
};

}  // namespace

std::optional<RegexNode> parse_regex(std::string_view pattern, bool latin1) {
  return Parser(pattern, latin1).parse();
}

}  // namespace postern
