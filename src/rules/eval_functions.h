// The functions of `eval:` rules: what SpamAssassin's plugins ask that no expression can.
//
// Thread rule: free functions over constant tables.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rules/message_facts.h"
#include "rules/pattern_set.h"

namespace postern {

struct EvalArguments {
  std::vector<std::string> words;
  std::shared_ptr<const PatternSet> regex;  // the argument that is an expression, if one is
  bool matches(std::string_view text, MessageFacts& facts) const;
};
// How much the rule hits: 0 not at all, mostly 1.
using EvalFunction = double (*)(MessageFacts& facts, const EvalArguments& arguments);

struct EvalEntry {
  std::string_view name;
  EvalFunction function = nullptr;  // nullptr: never hits here, and `why` says why
  const char* why = nullptr;
  int regex_argument = -1;  // which one is a regular expression
};

// nullptr for an unknown function.
const EvalEntry* find_eval_function(std::string_view name);
// All of them, by name.
const std::vector<EvalEntry>& eval_functions();

// What the table is made of, by what the functions look at.
using EvalTable = std::vector<EvalEntry>;
void append_html_functions(EvalTable& table);
void append_mime_functions(EvalTable& table);
void append_header_functions(EvalTable& table);
void append_relay_functions(EvalTable& table);
void append_list_functions(EvalTable& table);
void append_freemail_functions(EvalTable& table);
void append_alternative_functions(EvalTable& table);

// The argument as a number; `otherwise` where it is missing or none ("undef", "inf").
double number_argument(const EvalArguments& arguments, std::size_t index, double otherwise);
std::string_view text_argument(const EvalArguments& arguments, std::size_t index);

}  // namespace postern
