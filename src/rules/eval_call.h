// The text of an eval rule: "check_this('a', 2)".
//
// Pure function.
#pragma once

#include <optional>
#include <string_view>

#include "rules/rule_definition.h"

namespace postern {

// Arguments stand in single or double quotes, or are words. Nothing when it is no call.
std::optional<EvalCall> parse_eval_call(std::string_view text);

}  // namespace postern
