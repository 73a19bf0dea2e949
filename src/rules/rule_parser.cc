#include "rules/rule_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/ascii.h"
#include "rules/condition.h"
#include "rules/eval_call.h"
#include "rules/eval_functions.h"
#include "rules/header_text.h"
#include "rules/keywords.h"
#include "rules/regex_literal.h"

namespace postern {

namespace {

constexpr std::size_t longest_line = 65536;
constexpr std::size_t longest_name = 128;
constexpr double largest_score = 1000;
constexpr std::uint32_t most_hits_counted = 100;
constexpr std::int32_t milli = 1000;

bool is_rule_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  if (!is_ascii_alpha(name[0]) && name[0] != '_') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_ascii_alnum(c) || c == '_'; });
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// Scores when a file gives none: 1, or next to nothing for rules that are being tried out.
std::int32_t default_points(const std::string& name) { return starts_with(name, "T_") ? 10 : 1000; }

std::optional<std::int32_t> parse_points(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(std::abs(value) <= largest_score)) return std::nullopt;
  return static_cast<std::int32_t>(std::lround(value * milli));
}

}  // namespace

SourcePlace RuleParser::place(const RuleLine& line, std::size_t at) const {
  return {file_, line.number, static_cast<int>(at) + 1};
}

void RuleParser::report(Severity severity, const RuleLine& line, std::size_t at,
                        const std::string& rule, std::string what, std::string advice) {
  diagnostics_.push_back({severity, file_, line.number, static_cast<int>(at) + 1, rule,
                          std::move(what), std::move(advice)});
}

void RuleParser::read(std::string_view text, const std::string& file) {
  const std::string outer_file = std::exchange(file_, file);
  std::vector<Block> outer_blocks = std::exchange(blocks_, {});
  if (starts_with(text, "\xef\xbb\xbf")) text.remove_prefix(3);  // byte order mark
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    ++number;
    if (end > longest_line) {
      RuleLine line;
      line.number = number;
      report(Severity::error, line, 0, "", "a line of more than 65536 octets", "split it");
    } else {
      const RuleLine line = read_rule_line(text.substr(0, end), number);
      if (!line.keyword.empty()) read_line(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  for (const Block& block : blocks_) {
    RuleLine line;
    line.number = block.line;
    report(Severity::error, line, block.at, "", "an 'if' that no 'endif' closes",
           "add endif; blocks end with their file");
  }
  file_ = outer_file;
  blocks_ = std::move(outer_blocks);
}

void RuleParser::read_line(const RuleLine& line) {
  if (line.keyword == "lang") {
    WordReader words(line.text, line.value_at);
    const std::string language = ascii_lowered(words.next());
    if (!starts_with("en_us", language)) return;  // as SpamAssassin in an English locale
    RuleLine inner = line;
    inner.keyword_at = words.at();
    inner.keyword = words.done() ? "" : ascii_lowered(words.next());
    inner.value_at = words.at();
    if (!inner.keyword.empty()) read_line(inner);
    return;
  }
  if (read_block_line(line)) return;
  if (!blocks_.empty() && blocks_.back().skipping) {
    if (!defines_rule(line.keyword)) return;
    WordReader words(line.text, line.value_at);
    left_out_.emplace(words.next());
    return;
  }
  read_setting(line);
}

bool RuleParser::read_block_line(const RuleLine& line) {
  if (line.keyword == "if" || line.keyword == "ifplugin") {
    open_block(line);
    return true;
  }
  if (line.keyword != "else" && line.keyword != "endif") return false;
  if (blocks_.empty()) {
    report(Severity::error, line, line.keyword_at, "",
           fmt::format("'{}' without 'if'", line.keyword), "remove it");
  } else if (line.keyword == "endif") {
    blocks_.pop_back();
  } else {
    Block& block = blocks_.back();
    block.skipping = block.outer_skipping || !block.skipping;
  }
  return true;
}

void RuleParser::open_block(const RuleLine& line) {
  Block block;
  block.outer_skipping = !blocks_.empty() && blocks_.back().skipping;
  block.skipping = true;
  block.line = line.number;
  block.at = line.keyword_at;
  const std::string text = without_comment(line.text, line.value_at);
  if (text.empty()) {
    report(Severity::error, line, line.keyword_at, "", "a condition is missing",
           "the block is skipped");
  } else if (block.outer_skipping) {
    // Nothing to decide or to say.
  } else if (condition_holds(line, text)) {
    block.skipping = false;
  }
  blocks_.push_back(block);
}

bool RuleParser::condition_holds(const RuleLine& line, const std::string& text) {
  if (line.keyword == "ifplugin") {
    if (is_available_plugin(text)) return true;
    report(Severity::note, line, line.value_at, "",
           fmt::format("block skipped: plugin {} is not available", text), "");
    return false;
  }
  const Condition condition = evaluate_condition(text);
  if (!condition.ok) {
    report(Severity::error, line, line.value_at + condition.failure.at, "",
           condition.failure.what + ", so the block is skipped", condition.failure.advice);
  } else if (!condition.holds) {
    report(Severity::note, line, line.value_at, "",
           fmt::format("block skipped: ({}) does not hold here", text), "");
  }
  return condition.ok && condition.holds;
}

void RuleParser::read_include(const RuleLine& line) {
  constexpr int deepest = 10;
  const std::string name = without_comment(line.text, line.value_at);
  const std::size_t slash = file_.rfind('/');
  const std::string path = name.substr(0, 1) == "/" || slash == std::string::npos
                               ? name
                               : file_.substr(0, slash + 1) + name;
  if (name.empty() || !loader_ || include_depth_ >= deepest) {
    return report(Severity::error, line, line.keyword_at, "",
                  include_depth_ >= deepest ? "files that include each other too deeply"
                                            : "nothing can be included here",
                  "write: include FILE, in a file that is read from disk");
  }
  const auto text = loader_(path);
  if (!text) {
    return report(Severity::error, line, line.value_at, "", fmt::format("{} cannot be read", path),
                  "check its name");
  }
  ++include_depth_;
  read(*text, path);
  --include_depth_;
}

// A line that sets something; false when it is none.
bool RuleParser::read_value(const RuleLine& line) {
  std::string why;
  switch (settings_.read(line.keyword, without_comment(line.text, line.value_at), why)) {
    case SettingReader::Outcome::unknown: return false;
    case SettingReader::Outcome::read: break;
    case SettingReader::Outcome::bad:
      report(Severity::error, line, line.value_at, "", why, "the line is ignored");
  }
  return true;
}

void RuleParser::read_setting(const RuleLine& line) {
  static const std::unordered_map<std::string_view, RuleKind> kinds = {
      {"header", RuleKind::header},
      {"body", RuleKind::body},
      {"rawbody", RuleKind::rawbody},
      {"uri", RuleKind::uri},
      {"full", RuleKind::full},
      {"meta", RuleKind::meta},
      {"mimeheader", RuleKind::mime_header},
      {"uri_detail", RuleKind::uri_detail}};
  static const std::unordered_map<std::string_view, void (RuleParser::*)(const RuleLine&)>
      settings = {{"score", &RuleParser::read_score},
                  {"describe", &RuleParser::read_describe},
                  {"tflags", &RuleParser::read_flags},
                  {"test", &RuleParser::read_test},
                  {"include", &RuleParser::read_include}};
  if (const auto kind = kinds.find(line.keyword); kind != kinds.end()) {
    return read_rule(line, kind->second);
  }
  if (const auto setting = settings.find(line.keyword); setting != settings.end()) {
    return (this->*setting->second)(line);
  }
  if (read_value(line)) return;
  if (const char* why = why_ignored(line.keyword)) {
    WordReader words(line.text, line.value_at);
    if (defines_rule(line.keyword)) left_out_.emplace(words.next());
    return report(Severity::note, line, line.keyword_at, "",
                  fmt::format("'{}' is ignored: {}", line.keyword, why), "");
  }
  report(Severity::error, line, line.keyword_at, "",
         fmt::format("unknown keyword '{}'", line.keyword),
         "a line begins with header, body, rawbody, uri, full, meta, score, describe, tflags or "
         "test; comments begin with #");
}

bool RuleParser::read_name(const RuleLine& line, WordReader& words, std::string& name) {
  if (words.done()) {
    report(Severity::error, line, line.keyword_at, "", "the rule's name is missing",
           fmt::format("write: {} NAME ...", line.keyword));
    return false;
  }
  const std::size_t at = words.at();
  name = words.next();
  if (is_rule_name(name)) return true;
  report(Severity::error, line, at, "", fmt::format("'{}' cannot be a rule's name", name),
         "names are made of letters, digits and _, begin with no digit, and have at most 128");
  return false;
}

void RuleParser::leave_out(const RuleLine& line, const std::string& name, std::string why) {
  left_out_.insert(name);
  report(Severity::note, line, line.value_at, name, "left out: " + std::move(why), "");
}

void RuleParser::read_rule(const RuleLine& line, RuleKind kind) {
  RuleDefinition rule;
  rule.kind = kind;
  WordReader words(line.text, line.value_at);
  if (!read_name(line, words, rule.name)) return;
  rule.place = place(line, line.value_at);
  const std::size_t at = words.at();
  if (words.done()) {
    return report(Severity::error, line, line.value_at, rule.name, "nothing to look for",
                  "write the expression after the name");
  }
  const std::string_view rest = line.text.substr(at);
  bool understood = true;
  if (kind == RuleKind::meta) {
    rule.meta = without_comment(line.text, at);
    rule.meta_column = static_cast<int>(at) + 1;
  } else if (starts_with(rest, "eval:")) {
    understood = read_eval(line, at + 5, rule);
  } else if (kind == RuleKind::uri_detail) {
    understood = read_links(line, at, rule);
  } else if (kind == RuleKind::header || kind == RuleKind::mime_header) {
    understood = read_header_test(line, at, rule);
  } else {
    understood = read_regex(line, at, rule);
  }
  // A rule that was reported needs no second message when a meta rule names it.
  if (!understood) {
    left_out_.insert(rule.name);
    return;
  }
  define(std::move(rule));
}

// Field[:form] =~ /re/ [if-unset: TEXT], Field !~ /re/, exists:Field
bool RuleParser::read_header_test(const RuleLine& line, std::size_t at, RuleDefinition& rule) {
  std::size_t end = at;
  while (end < line.text.size() && !is_ascii_space(line.text[end]) && line.text[end] != '=' &&
         line.text[end] != '!') {
    ++end;
  }
  const std::string_view field = line.text.substr(at, end - at);
  if (starts_with(field, "exists:")) {
    rule.exists = true;
    return read_selector(line, field.substr(7), at + 7, rule) && read_after_regex(line, end, rule);
  }
  if (!read_selector(line, field, at, rule)) return false;
  WordReader words(line.text, end);
  const std::size_t op = words.at();
  const std::string_view symbol = line.text.substr(std::min(op, line.text.size()), 2);
  if (symbol != "=~" && symbol != "!~") {
    report(Severity::error, line, op, rule.name, "=~ or !~ was expected after the field's name",
           "write: header NAME Subject =~ /.../i");
    return false;
  }
  rule.negated = symbol == "!~";
  return read_regex(line, WordReader(line.text, op + 2).at(), rule);
}

bool RuleParser::read_selector(const RuleLine& line, std::string_view text, std::size_t at,
                               RuleDefinition& rule) {
  const std::vector<std::string_view> pieces = split(text, ':');
  const bool plain =
      !pieces[0].empty() && std::all_of(pieces[0].begin(), pieces[0].end(), [](char c) {
        return is_ascii_alnum(c) || c == '-' || c == '_' || c == '.';
      });
  if (!plain) {
    report(Severity::error, line, at, rule.name, fmt::format("'{}' is no header field", text),
           "write its name without the colon, such as Subject or X-Mailer");
    return false;
  }
  std::string unknown;
  const auto selector = parse_selector(text, unknown);
  if (!selector) {
    report(Severity::error, line, at, rule.name, fmt::format("unknown form ':{}'", unknown),
           "fields may be followed by :raw, :addr, :name, :first, :last, :host, :domain, :ip or "
           ":revip");
    return false;
  }
  rule.header = *selector;
  return true;
}

bool RuleParser::read_eval(const RuleLine& line, std::size_t at, RuleDefinition& rule) {
  const auto call = parse_eval_call(without_comment(line.text, at));
  if (!call) {
    report(Severity::error, line, at, rule.name, "this is no call of a function",
           "write: eval:NAME('argument', 2)");
    return false;
  }
  const EvalEntry* const entry = find_eval_function(call->function);
  if (entry == nullptr || entry->function == nullptr) {
    leave_out(line, rule.name,
              entry == nullptr
                  ? fmt::format("function {}() is not available", call->function)
                  : fmt::format("function {}() never hits: {}", call->function, entry->why));
    return false;
  }
  rule.kind = RuleKind::eval;
  rule.call = *call;
  return true;
}

// KEY =~ /re/ KEY !~ /re/ ...
bool RuleParser::read_links(const RuleLine& line, std::size_t at, RuleDefinition& rule) {
  using Key = LinkCondition::Key;
  static const std::unordered_map<std::string_view, Key> keys = {
      {"raw", Key::raw},   {"type", Key::type},     {"cleaned", Key::cleaned},
      {"text", Key::text}, {"domain", Key::domain}, {"host", Key::host}};
  while (WordReader(line.text, at).at() < line.text.size() && !WordReader(line.text, at).done()) {
    WordReader words(line.text, at);
    const std::size_t key_at = words.at();
    const auto key = keys.find(words.next());
    const std::string_view op = line.text.substr(words.at(), 2);
    if (key == keys.end() || (op != "=~" && op != "!~")) {
      report(Severity::error, line, key_at, rule.name, "a key and =~ or !~ were expected",
             "write: uri_detail NAME text =~ /re/, with raw, type, cleaned, text, domain or host");
      return false;
    }
    const RegexLiteral literal =
        scan_regex_literal(line.text, WordReader(line.text, words.at() + 2).at());
    if (!literal.ok) {
      report(Severity::error, line, literal.at, rule.name, literal.what, literal.advice);
      return false;
    }
    rule.links.push_back({key->second, op == "!~", literal.source});
    at = literal.end;
  }
  if (!rule.links.empty()) return true;
  report(Severity::error, line, at, rule.name, "nothing to look for",
         "write: uri_detail NAME text =~ /re/");
  return false;
}

bool RuleParser::read_regex(const RuleLine& line, std::size_t at, RuleDefinition& rule) {
  const RegexLiteral literal = scan_regex_literal(line.text, at);
  if (!literal.ok) {
    report(Severity::error, line, literal.at, rule.name, literal.what, literal.advice);
    return false;
  }
  if (literal.has_hash) {
    report(Severity::note, line, at, rule.name, "'#' inside the regular expression is taken as is",
           "write \\#, since SpamAssassin would begin a comment there");
  }
  rule.regex = literal.source;
  return read_after_regex(line, literal.end, rule);
}

bool RuleParser::read_after_regex(const RuleLine& line, std::size_t at, RuleDefinition& rule) {
  const std::string kept = without_comment(line.text, at);
  const std::string_view rest = trimmed(kept);
  if (rest.empty()) return true;
  constexpr std::string_view opening = "[if-unset:";
  if ((rule.kind == RuleKind::header || rule.kind == RuleKind::mime_header) && !rule.exists &&
      starts_with(rest, opening) && rest.back() == ']') {
    const std::string_view value = rest.substr(opening.size(), rest.size() - opening.size() - 1);
    rule.unless = std::string(trimmed(value));
    return true;
  }
  report(Severity::error, line, at, rule.name, fmt::format("unexpected '{}'", rest),
         "nothing follows here but [if-unset: TEXT] in header rules, or a # comment");
  return false;
}

// score NAME n | score NAME n n n n | score NAME (n): relative to what it was
void RuleParser::read_score(const RuleLine& line) {
  WordReader words(line.text, line.value_at);
  std::string name;
  if (!read_name(line, words, name)) return;
  std::vector<std::int32_t> values;
  bool relative = false;
  while (!words.done()) {
    const std::size_t at = words.at();
    std::string_view word = words.next();
    if (word.size() > 2 && word.front() == '(' && word.back() == ')') {
      relative = true;
      word = word.substr(1, word.size() - 2);
    }
    const auto points = parse_points(word);
    if (!points) {
      return report(Severity::error, line, at, name, fmt::format("'{}' is no score", word),
                    "a score is a number such as 1.5, at most 1000 either way");
    }
    values.push_back(*points);
  }
  if (values.size() != 1 && values.size() != 4) {
    return report(Severity::error, line, line.value_at, name,
                  fmt::format("{} scores given", values.size()), "give one, or four");
  }
  // Of SpamAssassin's four score sets, the third is for Bayes without network checks.
  const std::int32_t value = values.size() == 4 ? values[2] : values[0];
  const auto [entry, added] = scores_.try_emplace(name);
  const std::int32_t before = added ? default_points(name) : entry->second.points;
  entry->second.points = relative ? before + value : value;
  entry->second.place = place(line, line.value_at);
}

void RuleParser::read_describe(const RuleLine& line) {
  WordReader words(line.text, line.value_at);
  std::string name;
  if (!read_name(line, words, name)) return;
  descriptions_[name] = {without_comment(line.text, words.at()), place(line, line.value_at)};
}

void RuleParser::read_flags(const RuleLine& line) {
  WordReader words(line.text, line.value_at);
  std::string name;
  if (!read_name(line, words, name)) return;
  Flags& flags = flags_[name];
  flags.place = place(line, line.value_at);
  while (!words.done()) {
    const std::size_t at = words.at();
    const std::string_view flag = words.next();
    if (flag == "multiple") {
      if (flags.most_counted == 1) flags.most_counted = most_hits_counted;
    } else if (starts_with(flag, "maxhits=")) {
      const auto most = parse_decimal(flag.substr(8));
      if (!most || *most == 0) {
        report(Severity::error, line, at, name, "maxhits needs a number above 0", "");
      } else {
        flags.most_counted =
            static_cast<std::uint32_t>(std::min<std::uint64_t>(*most, most_hits_counted));
      }
    } else if (flag == "nosubject") {
      flags.skips_subject = true;
    } else if (!is_known_flag(flag)) {
      report(Severity::warning, line, at, name, fmt::format("unknown flag '{}'", flag),
             "it is ignored");
    }
  }
}

void RuleParser::read_test(const RuleLine& line) {
  WordReader words(line.text, line.value_at);
  RuleTest test;
  if (!read_name(line, words, test.rule)) return;
  const std::size_t at = words.at();
  const std::string_view outcome = words.done() ? std::string_view() : words.next();
  if (outcome != "ok" && outcome != "fail") {
    return report(Severity::error, line, at, test.rule, "a test is 'ok' or 'fail'",
                  "write: test NAME ok TEXT THAT HITS, or: test NAME fail TEXT THAT DOES NOT");
  }
  test.must_hit = outcome == "ok";
  test.text = without_comment(line.text, words.at());
  test.file = file_;
  test.line = line.number;
  parsed_.tests.push_back(std::move(test));
}

void RuleParser::define(RuleDefinition rule) {
  const auto [entry, added] = index_.try_emplace(rule.name, parsed_.rules.size());
  if (added) {
    parsed_.rules.push_back(std::move(rule));
    return;
  }
  RuleDefinition& earlier = parsed_.rules[entry->second];
  diagnostics_.push_back(
      {Severity::warning, rule.place.file, rule.place.line, rule.place.column, rule.name,
       fmt::format("defined again, in place of {}:{}", earlier.place.file, earlier.place.line),
       "rename one of the two"});
  earlier = std::move(rule);
}

// Scores, descriptions, flags and tests of rules that do not exist.
void RuleParser::report_strays() {
  const auto known = [this](const std::string& name) {
    return index_.count(name) != 0 || left_out_.count(name) != 0;
  };
  const auto stray = [this](const std::string& name, const SourcePlace& where, const char* what) {
    diagnostics_.push_back({Severity::warning, where.file, where.line, where.column, name,
                            fmt::format("{} without a rule of that name", what),
                            "check the spelling, or remove the line"});
  };
  for (const auto& [name, score] : scores_) {
    if (!known(name)) stray(name, score.place, "score");
  }
  for (const auto& [name, words] : descriptions_) {
    if (!known(name)) stray(name, words.place, "description");
  }
  for (const auto& [name, flags] : flags_) {
    if (!known(name)) stray(name, flags.place, "tflags");
  }
  for (const RuleTest& test : parsed_.tests) {
    if (!known(test.rule)) stray(test.rule, {test.file, test.line, 0}, "test");
  }
}

ParsedRules RuleParser::finish() {
  report_strays();
  for (RuleDefinition& rule : parsed_.rules) {
    left_out_.erase(rule.name);
    if (const auto found = scores_.find(rule.name); found != scores_.end()) {
      rule.points = found->second.points;
      rule.scored = true;
    }
    if (const auto found = descriptions_.find(rule.name); found != descriptions_.end()) {
      rule.description = found->second.text;
    }
    if (const auto found = flags_.find(rule.name); found != flags_.end()) {
      rule.most_counted = found->second.most_counted;
      rule.skips_subject = found->second.skips_subject;
    }
    if (tags_.concerns(rule.name)) rule.regex.pattern = tags_.replaced(rule.regex.pattern);
    if (!rule.points) rule.points = default_points(rule.name);
  }
  parsed_.left_out.assign(left_out_.begin(), left_out_.end());
  return std::move(parsed_);
}

}  // namespace postern
