#include "rules/regex_translation.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace postern {

namespace {

// Perl's \h and \v as members of a character class.
constexpr std::string_view horizontal_space =
    R"(\t \x{a0}\x{1680}\x{180e}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000})";
constexpr std::string_view vertical_space = R"(\n\x0b\f\r\x{85}\x{2028}\x{2029})";
// As octets: those outside ASCII would also match inside other characters.
constexpr std::string_view horizontal_octets = R"(\t )";
constexpr std::string_view vertical_octets = R"(\n\x0b\f\r)";
// Perl's "$" without /m, and \Z: at the end, or before a line end at the end.
constexpr std::string_view at_end = R"((?:\n?\z))";
constexpr std::uint32_t most_repeats = 1000;  // kMaxRepeat of RE2

constexpr std::string_view use_meta =
    "write two rules and join them with a meta rule: A && !B or A && B";

bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_hex(char c) {
  return is_ascii_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string utf8_octets_of(std::uint64_t rune) {
  std::string octets;
  const auto add = [&octets](std::uint64_t value) {
    octets += fmt::format("\\x{:02x}", value & 0xff);
  };
  if (rune < 0x800) {
    add(0xc0 | (rune >> 6));
  } else {
    if (rune < 0x10000) {
      add(0xe0 | (rune >> 12));
    } else {
      add(0xf0 | (rune >> 18));
      add(0x80 | ((rune >> 12) & 0x3f));
    }
    add(0x80 | ((rune >> 6) & 0x3f));
  }
  add(0x80 | (rune & 0x3f));
  return "(?:" + octets + ")";
}

// Does the pattern name octets above 127, so that it means octets and not characters?
bool names_octets(std::string_view pattern) {
  for (std::size_t i = 0; i + 2 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    const char next = pattern[i + 1];
    if (next == 'x' && is_hex(pattern[i + 2]) && pattern[i + 2] >= '8' && i + 3 < pattern.size() &&
        is_hex(pattern[i + 3])) {
      return true;
    }
    if ((next == '2' || next == '3') && i + 3 < pattern.size() && is_octal(pattern[i + 2]) &&
        is_octal(pattern[i + 3])) {
      return true;
    }
    ++i;
  }
  return false;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                    ? 1
                               : lead >= 0xc2 && lead < 0xe0  ? 2
                               : lead >= 0xe0 && lead < 0xf0  ? 3
                               : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                              : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t j = 1; j < length; ++j) {
      if ((static_cast<unsigned char>(text[i + j]) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

class Translator {
 public:
  Translator(const RegexSource& source, bool bytes) : pattern_(source.pattern), bytes_(bytes) {
    std::string flags;
    for (const char modifier : source.modifiers) {
      if (modifier == 'x') {
        scopes_.back().extended = true;
        continue;
      }
      if (modifier == 'm') scopes_.back().multiline = true;
      if (flags.find(modifier) == std::string::npos) flags += modifier;
    }
    if (!flags.empty()) out_ = "(?" + flags + ")";
  }

  RegexTranslation run() {
    while (!failed_ && !done()) step();
    if (!failed_ && scopes_.size() > 1) {
      fail(scopes_.back().opened_at, "no closing ')' for this '('", "add it, or write \\(");
    }
    result_.ok = !failed_;
    result_.bytes = bytes_;
    if (result_.ok) result_.re2 = std::move(out_);
    return std::move(result_);
  }

 private:
  // What holds up to the next ')'.
  struct Scope {
    bool multiline = false;
    bool extended = false;
    std::size_t opened_at = 0;
  };

  bool done() const { return at_ >= pattern_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view text) const {
    return pattern_.compare(at_, text.size(), text) == 0;
  }

  void fail(std::size_t at, std::string what, std::string_view advice) {
    if (failed_) return;
    failed_ = true;
    result_.at = at;
    result_.what = std::move(what);
    result_.advice = advice;
  }

  void step() {
    const char c = peek();
    switch (c) {
      case '\\': return escape();
      case '[': return character_class();
      case '(': return open_group();
      case ')': return close_group();
      case '$':
        ++at_;
        out_ += scopes_.back().multiline ? std::string_view("$") : at_end;
        return;
      case '*':
      case '+':
      case '?':
      case '{': return quantifier();
      default: break;
    }
    if (scopes_.back().extended) {
      if (is_ascii_space(c)) {
        ++at_;
        return;
      }
      if (c == '#') {
        at_ = std::min(pattern_.find('\n', at_), pattern_.size());
        return;
      }
    }
    out_ += c;
    ++at_;
  }

  // "*", "+", "?", "{n,m}" with what may follow; a '{' that counts nothing is itself.
  void quantifier() {
    const std::size_t start = at_;
    if (peek() == '{') {
      if (!counted_repeat()) {
        out_ += "\\{";
        ++at_;
        return;
      }
    } else {
      out_ += peek();
      ++at_;
    }
    if (peek() == '+') {
      fail(start, "possessive quantifier: RE2 never backtracks",
           "drop the '+' after the quantifier; it only guards against backtracking");
    } else if (peek() == '?') {
      out_ += '?';
      ++at_;
    }
  }

  bool counted_repeat() {
    const std::size_t close = pattern_.find('}', at_);
    if (close == std::string::npos) return false;
    const std::string_view inside = std::string_view(pattern_).substr(at_ + 1, close - at_ - 1);
    const std::size_t comma = inside.find(',');
    std::string_view low = inside.substr(0, comma);
    const std::string_view high =
        comma == std::string_view::npos ? std::string_view() : inside.substr(comma + 1);
    if (low.empty() && !high.empty()) low = "0";  // {,n}, of Perl 5.34
    const auto least = parse_decimal(low);
    const auto most = high.empty() ? least : parse_decimal(high);
    if (!least || !most) return false;
    if (*least > most_repeats || *most > most_repeats) {
      fail(at_, "a repeat count over 1000", "RE2 counts to 1000; write {n,} or a shorter range");
    }
    out_ += '{';
    out_ += low;
    if (comma != std::string_view::npos) out_ += ',';
    out_ += high;
    out_ += '}';
    at_ = close + 1;
    return true;
  }

  void close_group() {
    if (scopes_.size() == 1) return fail(at_, "')' without '('", "remove it, or write \\)");
    scopes_.pop_back();
    out_ += ')';
    ++at_;
  }

  void push_scope(Scope scope) {
    scope.opened_at = at_;
    scopes_.push_back(scope);
  }

  void open_group() {
    if (looking_at("(*")) return fail(at_, "a backtracking verb (*...)", "leave it out");
    if (!looking_at("(?")) {
      push_scope(scopes_.back());
      out_ += '(';
      ++at_;
      return;
    }
    if (looking_at("(?#")) {
      const std::size_t close = pattern_.find(')', at_);
      if (close == std::string::npos) return fail(at_, "unclosed comment (?#", "add ')'");
      at_ = close + 1;
      return;
    }
    if (refused_group()) return;
    if (looking_at("(?:") || looking_at("(?|")) {
      push_scope(scopes_.back());
      out_ += "(?:";
      at_ += 3;
      return;
    }
    if (looking_at("(?<") || looking_at("(?P<") || looking_at("(?'")) return named_group();
    flags_group();
  }

  bool refused_group() {
    if (looking_at("(?=") || looking_at("(?!")) {
      fail(at_, "look-ahead (?= or (?! has no linear-time form", use_meta);
    } else if (looking_at("(?<=") || looking_at("(?<!")) {
      fail(at_, "look-behind (?<= or (?<! has no linear-time form", use_meta);
    } else if (looking_at("(?>")) {
      fail(at_, "atomic group (?>: RE2 never backtracks", "write (?: in its place");
    } else if (looking_at("(?(") || looking_at("(?R") || looking_at("(?&") || looking_at("(?P>") ||
               looking_at("(?P=") || looking_at("(?{") || looking_at("(??") ||
               (at_ + 2 < pattern_.size() && is_ascii_digit(pattern_[at_ + 2])) ||
               (looking_at("(?-") && is_ascii_digit(peek(3))) || looking_at("(?+")) {
      fail(at_, "recursion, conditions and code are not regular", use_meta);
    } else {
      return false;
    }
    return true;
  }

  void named_group() {
    const char close = looking_at("(?'") ? '\'' : '>';
    const std::size_t from = looking_at("(?P<") ? at_ + 4 : at_ + 3;
    const std::size_t end = pattern_.find(close, from);
    if (end == std::string::npos) return fail(at_, "unclosed group name", "write (?<name>...)");
    push_scope(scopes_.back());
    out_ += "(?:";
    at_ = end + 1;
  }

  // (?i) for the rest of the group, (?i:...) for a group of its own, (?^i) from none.
  void flags_group() {
    Scope scope = scopes_.back();
    std::string set, cleared;
    std::size_t i = at_ + 2;
    bool on = true;
    if (i < pattern_.size() && pattern_[i] == '^') {
      cleared = "ims";
      scope.multiline = scope.extended = false;
      ++i;
    }
    for (; i < pattern_.size() && pattern_[i] != ')' && pattern_[i] != ':'; ++i) {
      const char flag = pattern_[i];
      if (flag == '-' && on) {
        on = false;
      } else if (flag == 'i' || flag == 'm' || flag == 's') {
        if (flag == 'm') scope.multiline = on;
        if (const std::size_t was = cleared.find(flag); was != std::string::npos) {
          cleared.erase(was, 1);
        }
        (on ? set : cleared) += flag;
      } else if (flag == 'x') {
        scope.extended = on;
      } else if (flag != 'a' && flag != 'u' && flag != 'n' && flag != 'p') {
        return fail(i, fmt::format("unknown group (?{}", flag), "(?:...) and (?i) are understood");
      }
    }
    if (i >= pattern_.size()) return fail(at_, "unclosed (?", "write (?i) or (?i:...)");
    const bool own_group = pattern_[i] == ':';
    std::string flags = set;
    if (!cleared.empty()) flags += "-" + cleared;
    if (own_group) {
      push_scope(scope);
      out_ += "(?" + flags + ":";
    } else {
      scope.opened_at = scopes_.back().opened_at;
      scopes_.back() = scope;
      if (!flags.empty()) out_ += "(?" + flags + ")";
    }
    at_ = i + 1;
  }

  void character_class() {
    const std::size_t start = at_;
    out_ += '[';
    ++at_;
    if (peek() == '^') {
      out_ += '^';
      ++at_;
    }
    bool first = true;
    while (!failed_ && !done()) {
      const char c = peek();
      if (c == ']' && !first) {
        out_ += ']';
        ++at_;
        return;
      }
      first = false;
      if (c == '[' && peek(1) == ':') {
        const std::size_t close = pattern_.find(":]", at_ + 2);
        if (close != std::string::npos) {
          out_.append(pattern_, at_, close + 2 - at_);
          at_ = close + 2;
          continue;
        }
      }
      if (c == '\\') {
        class_escape();
        continue;
      }
      if (c == '[' || c == ']') out_ += '\\';
      out_ += c;
      ++at_;
    }
    fail(start, "no closing ']' for this '['", "add it, or write \\[");
  }

  void class_escape() {
    const char c = peek(1);
    switch (c) {
      case 'h': return emit_escape(bytes_ ? horizontal_octets : horizontal_space);
      case 'v': return emit_escape(bytes_ ? vertical_octets : vertical_space);
      case 'b': return emit_escape("\\x08");
      case 'E': return emit_escape("");
      case 'N':
      case 'H':
      case 'V':
      case 'R':
      case 'X':
        return fail(at_, fmt::format("\\{} inside [...]", c), "list the characters instead");
      default: break;
    }
    common_escape(true);
  }

  void escape() {
    const char c = peek(1);
    const std::string_view horizontal = bytes_ ? horizontal_octets : horizontal_space;
    const std::string_view vertical = bytes_ ? vertical_octets : vertical_space;
    switch (c) {
      case 'h': return emit_escape(fmt::format("[{}]", horizontal));
      case 'H': return emit_escape(fmt::format("[^{}]", horizontal));
      case 'v': return emit_escape(fmt::format("[{}]", vertical));
      case 'V': return emit_escape(fmt::format("[^{}]", vertical));
      case 'R': return emit_escape(fmt::format("(?:\\r\\n|[{}])", vertical));
      case 'Z': return emit_escape(at_end);
      case 'b':
      case 'B':
      case 'A':
      case 'z': return emit_escape({pattern_.data() + at_, 2});
      case 'E': return emit_escape("");
      case 'Q': return quoted();
      case 'K':
        return fail(at_, "\\K keeps nothing here: a rule only asks whether it matches",
                    "leave it out");
      case 'G':
      case 'X':
      case 'C': return fail(at_, fmt::format("\\{} has no counterpart", c), "leave it out");
      case 'g':
      case 'k':
        return fail(at_, "a back-reference has no linear-time form", "list what it may repeat");
      case 'N':
        if (peek(2) != '{') return emit_escape("[^\\n]");
        break;
      default: break;
    }
    if (c >= '1' && c <= '9' && !(is_octal(c) && is_octal(peek(2)) && is_octal(peek(3)))) {
      return fail(at_, "a back-reference has no linear-time form", "list what it may repeat");
    }
    common_escape(false);
  }

  // Replaces the two octets of an escape.
  void emit_escape(std::string_view text) {
    out_ += text;
    at_ += 2;
  }

  // \Q...\E
  void quoted() {
    const std::size_t close = pattern_.find("\\E", at_ + 2);
    const std::size_t end = std::min(close, pattern_.size());
    for (std::size_t i = at_ + 2; i < end; ++i) {
      const char c = pattern_[i];
      if (!is_ascii_alnum(c) && static_cast<unsigned char>(c) < 0x80 && c != '_') out_ += '\\';
      out_ += c;
    }
    at_ = close == std::string::npos ? end : close + 2;
  }

  // Escapes that mean the same inside and outside of a class.
  void common_escape(bool in_class) {
    const char c = peek(1);
    if (at_ + 1 >= pattern_.size()) {
      return fail(at_, "a lone '\\' at the end", "write \\\\ for a backslash");
    }
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 's':
      case 'S':
      case 'n':
      case 'r':
      case 't':
      case 'f': return emit_escape({pattern_.data() + at_, 2});
      case 'a': return emit_escape("\\x07");
      case 'e': return emit_escape("\\x1b");
      case 'p':
      case 'P': return property();
      case 'x': return hexadecimal(in_class);
      case 'o':
      case 'N': return braced_code(in_class);
      case 'c':
        if (at_ + 2 >= pattern_.size()) return fail(at_, "\\c without a letter", "write \\cX");
        out_ += fmt::format("\\x{:02x}", (pattern_[at_ + 2] & 0xdf) ^ 0x40);
        at_ += 3;
        return;
      default: break;
    }
    if (is_octal(c)) return octal();
    // Perl takes an escaped letter that means nothing as itself; RE2 would refuse it.
    const bool keep_backslash =
        static_cast<unsigned char>(c) < 0x80 && !is_ascii_alnum(c) && c != '_';
    if (keep_backslash) out_ += '\\';
    out_ += c;
    at_ += 2;
  }

  void property() {
    const std::size_t close = peek(2) == '{' ? pattern_.find('}', at_) : at_ + 2;
    if (close == std::string::npos || close >= pattern_.size()) {
      return fail(at_, "unclosed \\p{", "write \\p{Cyrillic}, \\pL or the like");
    }
    out_.append(pattern_, at_, close + 1 - at_);
    at_ = close + 1;
  }

  void emit_rune(std::uint64_t rune, bool in_class) {
    if (rune > 0x10ffff) {
      return fail(at_, "a character beyond U+10FFFF", "Unicode ends at \\x{10ffff}");
    }
    if (bytes_ && rune > 0xff && !in_class) {
      out_ += utf8_octets_of(rune);
    } else {
      out_ += fmt::format("\\x{{{:x}}}", rune);
    }
  }

  void hexadecimal(bool in_class) {
    if (peek(2) == '{') return braced_code(in_class);
    std::size_t digits = 0;
    while (digits < 2 && is_hex(peek(2 + digits))) ++digits;
    const auto value = parse_hex(std::string_view(pattern_).substr(at_ + 2, digits));
    emit_rune(digits == 0 ? 0 : value.value_or(0), in_class);
    at_ += 2 + digits;
  }

  // \x{2019}, \N{U+2019}, \o{20031}
  void braced_code(bool in_class) {
    const std::size_t close = pattern_.find('}', at_);
    if (peek(2) != '{' || close == std::string::npos) {
      return fail(at_, fmt::format("\\{} needs a code in braces", peek(1)), "write \\x{2019}");
    }
    std::string_view inside = trimmed(std::string_view(pattern_).substr(at_ + 3, close - at_ - 3));
    std::optional<std::uint64_t> rune;
    if (peek(1) == 'o') {
      rune = 0;
      for (const char digit : inside) {
        if (!is_octal(digit) || *rune > 0x10ffff) {
          rune.reset();
          break;
        }
        *rune = *rune * 8 + static_cast<std::uint64_t>(digit - '0');
      }
    } else {
      if (peek(1) == 'N') inside.remove_prefix(inside.rfind("U+", 0) == 0 ? 2 : inside.size());
      rune = inside.size() > 8 ? std::nullopt : parse_hex(inside);
    }
    if (!rune) return fail(at_, "a character code that is no number", "write \\x{2019}");
    emit_rune(*rune, in_class);
    at_ = close + 1;
  }

  // \0, \012, \351
  void octal() {
    std::uint64_t value = 0;
    std::size_t digits = 0;
    while (digits < 3 && is_octal(peek(1 + digits))) {
      value = value * 8 + static_cast<std::uint64_t>(peek(1 + digits) - '0');
      ++digits;
    }
    out_ += fmt::format("\\x{{{:x}}}", value & 0xff);
    at_ += 1 + digits;
  }

  const std::string& pattern_;
  bool bytes_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Scope> scopes_{1};
  bool failed_ = false;
  RegexTranslation result_;
};

}  // namespace

RegexTranslation translate_regex(const RegexSource& source, bool bytes) {
  const bool as_octets = bytes || names_octets(source.pattern) || !is_utf8(source.pattern);
  return Translator(source, as_octets).run();
}

}  // namespace postern
