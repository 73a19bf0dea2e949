// Needed literals: strings of which a text must hold some for an expression to match in it.
//
// RE2 knows them (FilteredRE2), but tells only which expressions a set of strings lets through.
// Asked about one expression with some strings taken away, it shows which of them are needed.
#pragma once

#include <re2/re2.h>

#include <string>
#include <vector>

namespace postern {

// One of these strings at least must occur, ASCII letters in either case. The strings are in lower
// case as LiteralScanner wants them.
using LiteralClause = std::vector<std::string>;

// Every match of `pattern` is in a text in which each clause has a string; no clauses: nothing is
// known. At most `most_clauses`, with the longest strings that would do.
constexpr std::size_t most_clauses = 8;
std::vector<LiteralClause> needed_literals(const std::string& pattern,
                                           const re2::RE2::Options& options);

}  // namespace postern
