// Regex length: the most octets that a match of a regular expression can have.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "rules/regex_tree.h"

namespace postern {

// Of an expression in RE2's syntax, in UTF-8 or, with `latin1`, octet by octet; may be more than
// any match has, never less. Nothing when there is no limit, or it is beyond `longest_bounded`, or
// the expression is written in a way that is not understood.
constexpr std::size_t longest_bounded = 4096;
std::optional<std::size_t> longest_match(std::string_view pattern, bool latin1);
std::optional<std::size_t> longest_match(const RegexNode& tree, bool latin1);

}  // namespace postern
