#include "rules/regex_translation.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <map>
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
// What is written in so many octets is a class or less; in more, a large part of an expression.
constexpr std::size_t short_atom = 40, long_atom = 500;
// In a superset: a place where anything may stand, one where nothing is asked, and the end of a
// line, which is wherever "$" holds and consumes nothing.
constexpr std::string_view anything = "(?s:.*)";
constexpr std::string_view nothing = "(?:)";
constexpr std::string_view line_end = "(?m:$)";
// What a back-reference may add to a superset; a longer group becomes `anything`.
constexpr std::size_t longest_copy = 400;

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
  Translator(const RegexSource& source, bool bytes, RegexForm form)
      : pattern_(source.pattern), bytes_(bytes), form_(form) {
    std::string flags;
    for (const char modifier : source.modifiers) {
      if (modifier == 'i') scopes_.back().insensitive = true;
      if (modifier == 's') scopes_.back().dot_all = true;
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
    while (!failed_ && !needs_superset_ && !done()) step();
    if (!failed_ && !needs_superset_ && scopes_.size() > 1) {
      fail(scopes_.back().opened_at, "no closing ')' for this '('", "add it, or write \\(");
    }
    result_.ok = !failed_ && !needs_superset_;
    result_.exact = form_ == RegexForm::exact;
    result_.bytes = bytes_;
    if (result_.ok) result_.re2 = std::move(out_);
    return std::move(result_);
  }

  // Stopped, because only a superset can be had.
  bool needs_superset() const { return needs_superset_ && !failed_; }

 private:
  // What holds up to the next ')'.
  struct Scope {
    bool multiline = false;
    bool extended = false;
    bool insensitive = false;
    bool dot_all = false;
    std::size_t opened_at = 0;
    std::size_t out_from = 0;          // what follows the group's '(' in the translation
    std::optional<std::size_t> group;  // index of the capture that it is
    bool after_end = false;            // this branch has passed a "$"; an earlier one did
    bool branch_ended = false;
  };
  // A capturing group: its translation, once it is closed and simple enough to stand elsewhere.
  struct Group {
    std::optional<std::string> text;
    bool insensitive = false;
    bool dot_all = false;
  };

  // True when a superset may be written here; else ends this attempt, so that one is begun.
  bool approximate() {
    if (form_ == RegexForm::exact) needs_superset_ = true;
    return !needs_superset_;
  }
  void emit_approximate(std::string_view text, std::size_t octets) {
    if (!approximate()) return;
    out_ += text;
    at_ += octets;
  }

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
    const bool quantifies = c == '*' || c == '+' || c == '?' || c == '{';
    if (!quantifies) last_atom_ = out_.size();
    // "$" takes a line end at the end along, so nothing may ask for that afterwards.
    if (scopes_.back().after_end && !quantifies && c != ')' && c != '|' && !looking_at("(?#") &&
        !approximate()) {
      return;
    }
    switch (c) {
      case '\\': return escape();
      case '[': return character_class();
      case '(': return open_group();
      case ')': return close_group();
      case '$': return end_of_text(1);
      case '|':
        scopes_.back().branch_ended |= scopes_.back().after_end;
        scopes_.back().after_end = false;
        break;
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

  // "$" without /m, and \Z.
  void end_of_text(std::size_t octets) {
    at_ += octets;
    if (form_ != RegexForm::exact) {
      out_ += line_end;
    } else if (octets == 1 && scopes_.back().multiline) {
      out_ += '$';
    } else {
      out_ += at_end;
      scopes_.back().after_end = true;
    }
  }

  // "*", "+", "?", "{n,m}" with what may follow; a '{' that counts nothing is itself.
  void quantifier() {
    const std::string atom = out_.substr(last_atom_);
    if (peek() == '{') {
      if (!counted_repeat(atom.size())) {
        out_ += "\\{";
        ++at_;
        return;
      }
    } else {
      out_ += peek();
      ++at_;
    }
    if (peek() == '+') {
      ++at_;
      if (!possessive_changes_nothing(atom)) approximate();
    } else if (peek() == '?') {
      out_ += '?';
      ++at_;
    }
  }

  // "[^>]++>" never gives back what it took, but what follows could not take that anyway.
  bool possessive_changes_nothing(const std::string& atom) const {
    const bool one_character = atom.size() == 1 || (atom.size() == 2 && atom[0] == '\\') ||
                               (!atom.empty() && atom[0] == '[');
    if (!one_character) return false;
    if (done()) return scopes_.size() == 1;
    std::size_t next = at_;
    if (peek() == '\\' && !is_ascii_alnum(peek(1))) ++next;
    const bool literal = next > at_ || is_ascii_alnum(peek()) ||
                         std::string_view("<>\"'=@,:;/&!%~").find(peek()) != std::string_view::npos;
    if (!literal || next >= pattern_.size()) return false;
    if (static_cast<unsigned char>(pattern_[next]) >= 0x80) return false;
    const char after = next + 1 < pattern_.size() ? pattern_[next + 1] : '\0';
    if (after == '?' || after == '*' || after == '{') return false;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_case_sensitive(!scopes_.back().insensitive);
    options.set_dot_nl(scopes_.back().dot_all);
    if (bytes_) options.set_encoding(re2::RE2::Options::EncodingLatin1);
    const re2::RE2 alone(atom, options);
    return alone.ok() && !re2::RE2::FullMatch(std::string(1, pattern_[next]), alone);
  }

  // Of something that is written in so many octets.
  bool counted_repeat(std::size_t atom_size) {
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
    const std::uint64_t few = most_counted(atom_size);
    if (std::max(*least, *most) > few) {
      if (!approximate()) return true;
      out_ += fmt::format("{{{},}}", std::min<std::uint64_t>(*least, few));
      at_ = close + 1;
      return true;
    }
    out_ += '{';
    out_ += low;
    if (comma != std::string_view::npos) out_ += ',';
    out_ += high;
    out_ += '}';
    at_ = close + 1;
    return true;
  }

  // How often something that is written in so many octets is asked for, at most.
  std::uint64_t most_counted(std::size_t atom_size) const {
    switch (form_) {
      case RegexForm::exact:
      case RegexForm::superset: return most_repeats;
      case RegexForm::loose: return atom_size <= short_atom ? 24 : atom_size <= long_atom ? 6 : 5;
      case RegexForm::widest: return atom_size <= long_atom ? 3 : 1;
    }
    return most_repeats;
  }

  void close_group() {
    if (scopes_.size() == 1) return fail(at_, "')' without '('", "remove it, or write \\)");
    const Scope closed = scopes_.back();
    scopes_.pop_back();
    scopes_.back().after_end |= closed.after_end || closed.branch_ended;
    if (closed.group) remember_group(closed);
    out_ += ')';
    ++at_;
    last_atom_ = closed.out_from;
  }

  // A copy of a group stands where its assertions need not hold, and under other modifiers.
  void remember_group(const Scope& closed) {
    Group& group = groups_[*closed.group];
    std::string text = out_.substr(closed.out_from);
    if (text.size() > longest_copy || text.find("(?") != std::string::npos) return;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '$' || (text[i] == '^' && (i == 0 || text[i - 1] != '['))) return;
      if (text[i] != '\\' || i + 1 >= text.size()) continue;
      if (std::string_view("bBAz").find(text[++i]) != std::string_view::npos) return;
    }
    group.text = std::move(text);
  }

  void push_scope(Scope scope) {
    scope.opened_at = at_;
    scope.group.reset();
    scope.after_end = scope.branch_ended = false;
    scopes_.push_back(scope);
  }

  // To be called when the '(' is written.
  void begin_capture(Scope& scope) {
    scope.group = groups_.size();
    scope.out_from = out_.size();
    groups_.push_back({std::nullopt, scope.insensitive, scope.dot_all});
  }

  // Skips a group whole, strings and classes in it too; its captures are counted, not known.
  void skip_group() {
    const std::size_t start = at_;
    int depth = 0;
    for (; !done(); ++at_) {
      if (looking_at("\\Q")) {
        at_ = std::min(pattern_.find("\\E", at_), pattern_.size() - 1);
      } else if (peek() == '\\') {
        ++at_;
      } else if (peek() == '[') {
        skip_class();
      } else if (peek() == '(') {
        ++depth;
        const bool named = looking_at("(?P<") || looking_at("(?'") ||
                           (looking_at("(?<") && peek(3) != '=' && peek(3) != '!');
        if (named || (peek(1) != '?' && peek(1) != '*')) groups_.emplace_back();
      } else if (peek() == ')' && --depth == 0) {
        ++at_;
        return;
      }
    }
    fail(start, "no closing ')' for this '('", "add it, or write \\(");
  }

  void skip_class() {
    std::size_t i = at_ + 1;
    if (i < pattern_.size() && pattern_[i] == '^') ++i;
    if (i < pattern_.size() && pattern_[i] == ']') ++i;
    for (; i < pattern_.size() && pattern_[i] != ']'; ++i) {
      if (pattern_[i] == '\\') ++i;
      if (pattern_.compare(i, 2, "[:") == 0) i = std::min(pattern_.find(":]", i), pattern_.size());
    }
    at_ = std::min(i, pattern_.size());
  }

  // A back-reference to a group by its number from 1; the wrong ones are PCRE2's to refuse.
  void back_reference(std::uint64_t number, std::size_t octets) {
    if (!approximate()) return;
    at_ += octets;
    const bool known = number >= 1 && number <= groups_.size() && !numbers_repeat_;
    const Group* group = known ? &groups_[number - 1] : nullptr;
    if (group == nullptr || !group->text || out_.size() > 16 * longest_copy) {
      out_ += anything;
      return;
    }
    std::string flags;
    if (group->insensitive || scopes_.back().insensitive) flags += 'i';
    if (group->dot_all) flags += 's';
    out_ += fmt::format("(?{}:{})", flags, *group->text);
  }

  // \g1 \g{-1} \g{name} \k<name> \k{name}; \g<name> calls a group.
  void spelled_reference() {
    const char opening = peek(2);
    const std::string_view closing = opening == '{' ? "}" : opening == '<' ? ">" : "'";
    std::size_t end = at_ + 2;
    std::string_view name;
    if (opening == '{' || opening == '<' || opening == '\'') {
      end = pattern_.find(closing, at_ + 3);
      if (end == std::string::npos) return fail(at_, "unclosed back-reference", "close it");
      name = trimmed(std::string_view(pattern_).substr(at_ + 3, end - at_ - 3));
      ++end;
    } else {
      if (opening == '-') ++end;
      while (end < pattern_.size() && is_ascii_digit(pattern_[end])) ++end;
      name = std::string_view(pattern_).substr(at_ + 2, end - at_ - 2);
    }
    std::uint64_t number = 0;
    if (peek(1) == 'k' || opening == '{' || is_ascii_digit(opening) || opening == '-') {
      const bool back = !name.empty() && name[0] == '-';
      const auto digits = parse_decimal(back ? name.substr(1) : name);
      if (digits) {
        number = !back ? *digits : *digits <= groups_.size() ? groups_.size() + 1 - *digits : 0;
      } else if (const auto found = names_.find(std::string(name)); found != names_.end()) {
        number = found->second;
      }
    }
    back_reference(number, end - at_);
  }

  void open_group() {
    if (looking_at("(*")) return verb();
    if (!looking_at("(?")) {
      out_ += '(';
      Scope scope = scopes_.back();
      push_scope(scope);
      begin_capture(scopes_.back());
      ++at_;
      return;
    }
    if (looking_at("(?#")) {
      const std::size_t close = pattern_.find(')', at_);
      if (close == std::string::npos) return fail(at_, "unclosed comment (?#", "add ')'");
      at_ = close + 1;
      return;
    }
    if (approximated_group()) return;
    if (looking_at("(?:") || looking_at("(?|")) {
      if (peek(2) == '|') numbers_repeat_ = true;
      const Scope outer = scopes_.back();
      push_scope(outer);
      scopes_.back().out_from = out_.size();
      out_ += "(?:";
      at_ += 3;
      return;
    }
    if (looking_at("(?<") || looking_at("(?P<") || looking_at("(?'")) return named_group();
    flags_group();
  }

  // Those verbs that only give up matches; the others are not understood.
  void verb() {
    const std::size_t close = pattern_.find(')', at_);
    if (close == std::string::npos) return fail(at_, "unclosed (*", "write \\(* or remove it");
    std::string_view name = std::string_view(pattern_).substr(at_ + 2, close - at_ - 2);
    name = name.substr(0, name.find(':'));
    for (const std::string_view known : {"F", "FAIL", "SKIP", "PRUNE", "COMMIT", "THEN"}) {
      if (name == known) return emit_approximate(nothing, close + 1 - at_);
    }
    fail(at_, "a backtracking verb (*...) that is not known", "leave it out");
  }

  // Groups without a counterpart in RE2: assertions ask for nothing in a superset, what calls a
  // group or chooses between two may match anything. False when it is another kind of group.
  bool approximated_group() {
    const auto skip_as = [this](std::string_view text) {
      if (!approximate()) return;
      out_ += text;
      skip_group();
    };
    if (looking_at("(?=") || looking_at("(?!") || looking_at("(?<=") || looking_at("(?<!")) {
      skip_as(nothing);
    } else if (looking_at("(?>")) {
      if (!approximate()) return true;
      const Scope outer = scopes_.back();
      push_scope(outer);
      scopes_.back().out_from = out_.size();
      out_ += "(?:";
      at_ += 3;
    } else if (looking_at("(?{") || looking_at("(??")) {
      fail(at_, "code in an expression", "write it as a meta rule");
    } else if (looking_at("(?(") || looking_at("(?R") || looking_at("(?&") || looking_at("(?P>") ||
               looking_at("(?P=") || looking_at("(?+") || is_ascii_digit(peek(2)) ||
               (looking_at("(?-") && is_ascii_digit(peek(3)))) {
      skip_as(anything);
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
    const Scope outer = scopes_.back();
    push_scope(outer);
    out_ += "(";  // numbered, as in Perl
    begin_capture(scopes_.back());
    names_.try_emplace(pattern_.substr(from, end - from), groups_.size());
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
      scope.multiline = scope.extended = scope.insensitive = scope.dot_all = false;
      ++i;
    }
    for (; i < pattern_.size() && pattern_[i] != ')' && pattern_[i] != ':'; ++i) {
      const char flag = pattern_[i];
      if (flag == '-' && on) {
        on = false;
      } else if (flag == 'i' || flag == 'm' || flag == 's') {
        if (flag == 'm') scope.multiline = on;
        if (flag == 'i') scope.insensitive = on;
        if (flag == 's') scope.dot_all = on;
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
      scopes_.back().out_from = out_.size();
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
    const std::size_t out_start = out_.size();
    class_is_any_ = false;
    out_ += '[';
    ++at_;
    if (peek() == '^') {
      out_ += '^';
      ++at_;
    }
    bool first = true;
    while (!failed_ && !needs_superset_ && !done()) {
      const char c = peek();
      if (c == ']' && !first) {
        out_ += ']';
        if (class_is_any_) out_.replace(out_start, std::string::npos, "(?s:.)");
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
    if (needs_superset_) return;
    fail(start, "no closing ']' for this '['", "add it, or write \\[");
  }

  void class_escape() {
    const char c = peek(1);
    switch (c) {
      case 'h': return emit_escape(horizontal());
      case 'v': return emit_escape(vertical());
      case 's': return emit_escape("\\s\\x0b");  // RE2's \s leaves the vertical tab out
      case 'S':
        return emit_escape(bytes_ ? "\\x00-\\x08\\x0e-\\x1f!-\\xff"
                                  : "\\x00-\\x08\\x0e-\\x1f!-\\x{10ffff}");
      case 'b': return emit_escape("\\x08");
      case 'E': return emit_escape("");
      case 'N':
      case 'H':
      case 'V':
      case 'R':
      case 'X': class_is_any_ = true; return emit_approximate("", 2);
      default: break;
    }
    common_escape(true);
  }

  // As octets those outside ASCII are left out, except in a superset, where PCRE2 knows them.
  std::string horizontal() const {
    if (!bytes_) return std::string(horizontal_space);
    return std::string(horizontal_octets) + (form_ == RegexForm::exact ? "" : "\\xa0");
  }
  std::string vertical() const {
    if (!bytes_) return std::string(vertical_space);
    return std::string(vertical_octets) + (form_ == RegexForm::exact ? "" : "\\x85");
  }

  void escape() {
    const char c = peek(1);
    switch (c) {
      case 'h': return emit_escape(fmt::format("[{}]", horizontal()));
      case 'H': return emit_escape(fmt::format("[^{}]", horizontal()));
      case 'v': return emit_escape(fmt::format("[{}]", vertical()));
      case 'V': return emit_escape(fmt::format("[^{}]", vertical()));
      case 'R': return emit_escape(fmt::format("(?:\\r\\n|[{}])", vertical()));
      case 'Z': return end_of_text(2);
      case 's': return emit_escape("[\\s\\x0b]");
      case 'S': return emit_escape("[^\\s\\x0b]");
      case 'b':
      case 'B':
      case 'A':
      case 'z': return emit_escape({pattern_.data() + at_, 2});
      case 'E': return emit_escape("");
      case 'Q': return quoted();
      case 'K':
      case 'G': return emit_approximate(nothing, 2);
      case 'X': return emit_approximate("(?s:.+)", 2);
      case 'C': return fail(at_, "\\C, half a character, has no counterpart", "leave it out");
      case 'g':
      case 'k': return spelled_reference();
      case 'N':
        if (peek(2) != '{') return emit_escape("[^\\n]");
        break;
      default: break;
    }
    if (c >= '1' && c <= '9' && !(is_octal(c) && is_octal(peek(2)) && is_octal(peek(3)))) {
      std::size_t digits = 1;
      while (is_ascii_digit(peek(1 + digits))) ++digits;
      const auto number = parse_decimal(std::string_view(pattern_).substr(at_ + 1, digits));
      return back_reference(number.value_or(0), 1 + digits);
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
  RegexForm form_;
  std::size_t at_ = 0;
  std::size_t last_atom_ = 0;  // in out_: what a quantifier would repeat
  std::string out_;
  std::vector<Scope> scopes_{1};
  std::vector<Group> groups_;
  std::map<std::string, std::uint64_t> names_;  // numbers from 1
  bool numbers_repeat_ = false;                 // after "(?|"
  bool class_is_any_ = false;
  bool needs_superset_ = false;
  bool failed_ = false;
  RegexTranslation result_;
};

}  // namespace

RegexTranslation translate_regex(const RegexSource& source, bool bytes, RegexForm form) {
  const bool as_octets = bytes || names_octets(source.pattern) || !is_utf8(source.pattern);
  Translator translator(source, as_octets, form);
  RegexTranslation result = translator.run();
  if (translator.needs_superset()) {
    result = Translator(source, as_octets, RegexForm::superset).run();
  }
  result.source = source;
  return result;
}

}  // namespace postern
