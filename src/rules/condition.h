// The conditions of `if` lines: version arithmetic, plugin(...), can(...), has(...).
#pragma once

#include <string>
#include <string_view>

#include "rules/meta_expression.h"

namespace postern {

// The release of SpamAssassin whose language this is, as `if (version >= 4.000001)` sees it.
constexpr double language_version = 4.000001;

struct Condition {
  bool ok = false;
  bool holds = false;
  MetaExpression::Failure failure;  // when not ok
};

// Is this one of SpamAssassin's plugins ("Mail::SpamAssassin::Plugin::HTMLEval") of which Postern
// has what rules ask for?
bool is_available_plugin(std::string_view name);

Condition evaluate_condition(std::string_view text);

}  // namespace postern
