#include "rules/regex_literal.h"

#include <fmt/format.h>

#include "base/ascii.h"

namespace postern {

namespace {

char closing_of(char opening) {
  switch (opening) {
    case '{': return '}';
    case '(': return ')';
    case '[': return ']';
    case '<': return '>';
    default: return opening;
  }
}

RegexLiteral failure(std::size_t at, std::string what, std::string advice) {
  RegexLiteral literal;
  literal.at = at;
  literal.what = std::move(what);
  literal.advice = std::move(advice);
  return literal;
}

// Offset of the delimiter that ends the pattern, or npos. Brackets nest, as in Perl.
std::size_t find_closing(std::string_view text, std::size_t from, char opening, char closing) {
  int depth = 1;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == closing) {
      if (--depth == 0) return i;
    } else if (text[i] == opening) {
      ++depth;
    }
  }
  return std::string_view::npos;
}

}  // namespace

RegexLiteral scan_regex_literal(std::string_view text, std::size_t from) {
  const std::size_t start = from;
  if (from < text.size() && text[from] == 'm') ++from;
  if (from >= text.size() || is_ascii_alnum(text[from]) || is_ascii_space(text[from])) {
    return failure(start, "a regular expression was expected here",
                   "write it as /.../ or m{...}, modifiers after it");
  }
  const char opening = text[from];
  if (from == start && opening != '/') {
    return failure(start, fmt::format("a regular expression cannot begin with '{}'", opening),
                   "write it as /.../ or m{...}");
  }
  const char closing = closing_of(opening);
  const std::size_t begin = from + 1;
  const std::size_t end = find_closing(text, begin, opening, closing);
  if (end == std::string_view::npos) {
    return failure(start, fmt::format("no closing '{}'", closing),
                   "end the regular expression on the same line");
  }

  RegexLiteral literal;
  literal.source.column = static_cast<int>(begin) + 1;
  for (std::size_t i = begin; i < end; ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < end && text[i + 1] == '#') {
      literal.source.pattern += "\\#";
      ++i;
      continue;
    }
    if (c == '\\' && i + 1 < end) {
      literal.source.pattern += c;
      literal.source.pattern += text[++i];
      continue;
    }
    if (c == '#') literal.has_hash = true;
    literal.source.pattern += c;
  }
  std::size_t after = end + 1;
  while (after < text.size() && is_ascii_alpha(text[after])) {
    const char modifier = text[after];
    if (modifier == 'i' || modifier == 'm' || modifier == 's' || modifier == 'x') {
      literal.source.modifiers += modifier;
    } else if (modifier != 'o' && modifier != 'g' && modifier != 'a') {
      // o and g change nothing where one match decides; \w, \d and \s are ASCII already (a).
      return failure(after, fmt::format("unknown modifier '{}'", modifier),
                     "only i, m, s and x are understood");
    }
    ++after;
  }
  literal.end = after;
  literal.ok = true;
  return literal;
}

}  // namespace postern
