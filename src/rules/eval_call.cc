#include "rules/eval_call.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {

std::optional<EvalCall> parse_eval_call(std::string_view text) {
  text = trimmed(text);
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || open == 0 || text.back() != ')') return std::nullopt;
  const std::string_view name = text.substr(0, open);
  const auto in_name = [](char c) { return is_ascii_alnum(c) || c == '_'; };
  if (!std::all_of(name.begin(), name.end(), in_name)) return std::nullopt;
  EvalCall call;
  call.function = name;
  std::string_view rest = trimmed(text.substr(open + 1, text.size() - open - 2));
  while (!rest.empty()) {
    const bool quoted = rest[0] == '\'' || rest[0] == '"';
    const std::size_t end = quoted ? rest.find(rest[0], 1) : std::min(rest.find(','), rest.size());
    if (end == std::string_view::npos) return std::nullopt;
    call.arguments.emplace_back(quoted ? rest.substr(1, end - 1) : trimmed(rest.substr(0, end)));
    rest = trimmed(rest.substr(end + (quoted ? 1 : 0)));
    if (rest.empty()) break;
    if (rest[0] != ',') return std::nullopt;
    rest = trimmed(rest.substr(1));
  }
  return call;
}

}  // namespace postern
