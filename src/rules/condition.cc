#include "rules/condition.h"

#include "base/ascii.h"

namespace postern {

namespace {

constexpr double perl_version = 5.036000;

// Replaces "plugin ( Mail::... )" and its like by as many blanks and a 0, so that columns stay.
std::string with_calls_as_zero(std::string_view text) {
  std::string plain(text);
  for (const std::string_view function : {"plugin", "can", "has"}) {
    std::size_t at = 0;
    while ((at = plain.find(function, at)) != std::string::npos) {
      const bool whole_word = at == 0 || !(is_ascii_alnum(plain[at - 1]) || plain[at - 1] == '_');
      std::size_t open = at + function.size();
      while (open < plain.size() && is_ascii_space(plain[open])) ++open;
      const std::size_t close =
          open < plain.size() && plain[open] == '(' ? plain.find(')', open) : std::string::npos;
      if (!whole_word || close == std::string::npos) {
        at += function.size();
        continue;
      }
      plain.replace(at, close + 1 - at, close + 1 - at, ' ');
      plain[at] = '0';
    }
  }
  return plain;
}

}  // namespace

Condition evaluate_condition(std::string_view text) {
  Condition condition;
  MetaExpression expression;
  if (!expression.parse(with_calls_as_zero(text), condition.failure)) return condition;
  for (const MetaExpression::Name& name : expression.names()) {
    if (name.text != "version" && name.text != "perl_version" && name.text != "true" &&
        name.text != "false") {
      condition.failure = {name.at, "unknown condition '" + name.text + "'",
                           "version, plugin(), can() and has() are understood"};
      return condition;
    }
  }
  condition.ok = true;
  condition.holds = expression.evaluate([&expression](std::uint32_t index) {
    const std::string& name = expression.names()[index].text;
    if (name == "version") return language_version;
    if (name == "perl_version") return perl_version;
    return name == "true" ? 1.0 : 0.0;
  }) != 0;
  return condition;
}

}  // namespace postern
