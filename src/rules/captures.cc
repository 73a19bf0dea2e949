#include "rules/captures.h"

#include <algorithm>

#include "base/ascii.h"
#include "rules/pattern_set.h"
#include "rules/regex_translation.h"

namespace postern {

namespace {

constexpr std::size_t longest_capture = 256;
constexpr std::size_t most_compiled = 32;

bool is_name_char(char c) { return (c >= 'A' && c <= 'Z') || is_ascii_digit(c) || c == '_'; }

// Length of the name that begins at text[at] and ends before `closing`; 0 when there is none.
std::size_t name_length(std::string_view text, std::size_t at, char closing) {
  std::size_t end = at;
  while (end < text.size() && is_name_char(text[end])) ++end;
  return end < text.size() && text[end] == closing ? end - at : 0;
}

// The pattern with what `value_of(name)` says in place of each "%{NAME}".
template <class ValueOf>
std::string with_values(const std::string& pattern, ValueOf&& value_of) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out.append(pattern, i++, 2);
      continue;
    }
    const std::size_t length =
        pattern.compare(i, 2, "%{") == 0 ? name_length(pattern, i + 2, '}') : 0;
    if (length == 0) {
      out += pattern[i];
      continue;
    }
    out += value_of(pattern.substr(i + 2, length));
    i += length + 2;
  }
  return out;
}

// Names of the groups "(?<NAME>...)" that other rules may want.
std::vector<std::string> group_names(const std::string& pattern) {
  constexpr std::string_view opening = "(?<";
  std::vector<std::string> names;
  for (std::size_t at = pattern.find(opening); at != std::string::npos;
       at = pattern.find(opening, at + 1)) {
    const std::size_t from = at + opening.size();
    if (const std::size_t length = name_length(pattern, from, '>')) {
      names.push_back(pattern.substr(from, length));
    }
  }
  return names;
}

// RE2 of this release knows groups as "(?P<NAME>...)".
std::string for_re2(const RegexSource& source) {
  std::string pattern = source.pattern;
  for (const std::string& name : group_names(pattern)) {
    const std::string group = "(?<" + name + ">";
    pattern.replace(pattern.find(group), group.size(), "(?P<" + name + ">");
  }
  const bool flags = source.modifiers.find_first_not_of("ims") == std::string::npos;
  return source.modifiers.empty() || !flags ? pattern : "(?" + source.modifiers + ")" + pattern;
}

// What stands for exactly this text in an expression.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = is_ascii_alnum(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    if (!plain) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::vector<std::string> CaptureRules::wanted_names(const std::string& pattern) {
  std::vector<std::string> names;
  with_values(pattern, [&names](std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    return name;
  });
  return names;
}

RegexSource CaptureRules::loose_form(const RegexSource& source) {
  RegexSource loose = source;
  if (source.pattern.find("%{") != std::string::npos) {
    loose.pattern = with_values(source.pattern, [](const std::string&) { return "(?:.+)"; });
  }
  return loose;
}

void CaptureRules::add(std::uint32_t index, const RuleDefinition& rule) {
  const Place place{rule.kind, rule.header, rule.skips_subject};
  if (auto names = wanted_names(rule.regex.pattern); !names.empty()) {
    templates_.push_back({index, place, rule.regex, rule.negated});
    return;
  }
  for (const std::string& name : group_names(rule.regex.pattern)) {
    auto regex = std::make_unique<const re2::RE2>(for_re2(rule.regex), re2::RE2::Quiet);
    if (regex->ok()) sources_.push_back({place, name, std::move(regex)});
  }
}

void CaptureRules::renumber(const std::vector<std::uint32_t>& final_index) {
  for (Template& rule : templates_) rule.rule = final_index[rule.rule];
}

std::vector<std::string_view> CaptureRules::chunks_of(const Place& place, MessageFacts& facts,
                                                      std::string& text) {
  switch (place.kind) {
    case RuleKind::rawbody: return facts.rawbody().chunks;
    case RuleKind::uri: return facts.uris().chunks;
    case RuleKind::full: return facts.full().chunks;
    case RuleKind::header: facts.headers().text(place.header, text); return {text};
    default: break;
  }
  const Section& body = facts.body();
  const std::size_t from = place.skips_subject ? body.subject_chunks : 0;
  return {body.chunks.begin() + static_cast<std::ptrdiff_t>(from), body.chunks.end()};
}

// The first that is not empty; nothing, too, for what is too long to be looked for.
std::string CaptureRules::captured(const std::string& name, MessageFacts& facts) const {
  for (const Source& source : sources_) {
    if (source.name != name) continue;
    const auto group = static_cast<std::size_t>(source.regex->NamedCapturingGroups().at(name));
    std::vector<re2::StringPiece> groups(group + 1);
    std::string text;
    for (const std::string_view chunk : chunks_of(source.place, facts, text)) {
      const re2::StringPiece piece(chunk.data(), chunk.size());
      const bool found = source.regex->Match(piece, 0, piece.size(), re2::RE2::UNANCHORED,
                                             groups.data(), static_cast<int>(groups.size()));
      if (!found || groups[group].empty()) continue;
      return groups[group].size() <= longest_capture ? groups[group].as_string() : std::string();
    }
  }
  return {};
}

std::uint32_t CaptureRules::count(const Template& rule, MessageFacts& facts) const {
  bool all_captured = true;
  RegexSource regex = rule.regex;
  regex.pattern = with_values(regex.pattern, [&](const std::string& name) {
    const std::string value = captured(name, facts);
    all_captured &= !value.empty();
    return quoted(value);
  });
  if (!all_captured) return 0;
  const bool bytes = rule.place.kind == RuleKind::full || rule.place.header.form == FieldForm::raw;
  PatternSet patterns;
  const RegexTranslation translated = translate_regex(regex, bytes);
  if (!translated.ok || !patterns.add(translated, 1).empty()) return 0;
  patterns.compile();
  std::string text;
  const std::uint32_t found =
      patterns.count_alone(0, chunks_of(rule.place, facts, text), facts.budget());
  return rule.negated ? (found == 0 ? 1 : 0) : found;
}

void CaptureRules::confirm(MessageFacts& facts, std::vector<std::uint32_t>& counts) const {
  std::size_t compiled = 0;
  for (const Template& rule : templates_) {
    // That the loose form is not there says that the expression is not, but not the other way.
    if (counts[rule.rule] == 0 && !rule.negated) continue;
    counts[rule.rule] = ++compiled <= most_compiled ? count(rule, facts) : 0;
  }
}

}  // namespace postern
