// What a rule file says, before anything is compiled: the parser's output, the compiler's input.
//
// Plain values, no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/rule_set.h"

namespace postern {

// Where in a rule file something stands.
struct SourcePlace {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1, in octets
};

// A regular expression as written between its delimiters.
struct RegexSource {
  std::string pattern;
  std::string modifiers;  // of "imsx", in the order written
  int column = 0;         // of the pattern's first octet, from 1
};

enum class RuleKind : std::uint8_t { header, body, rawbody, uri, full, meta };

enum class FieldForm : std::uint8_t { decoded, raw, address, name };

// The text that a header rule looks at: a field, or one of SpamAssassin's pseudo-fields.
struct HeaderSelector {
  std::string field;  // lower case, so that equal selectors compare equal: "from", "all", "tocc"
  FieldForm form = FieldForm::decoded;
  bool first = false;  // `:first`, `:last`: one of several fields of that name
  bool last = false;
  friend auto operator<=>(const HeaderSelector&, const HeaderSelector&) = default;
};

struct RuleDefinition {
  std::string name;
  SourcePlace place;
  RuleKind kind = RuleKind::body;
  HeaderSelector header;
  bool exists = false;                // `header NAME exists:Field`
  bool negated = false;               // `!~`
  std::optional<std::string> unless;  // text of [if-unset: ...]
  RegexSource regex;
  std::string meta;                // expression
  int meta_column = 0;             // where it begins
  std::uint32_t most_counted = 1;  // tflags multiple, maxhits=N: hits counted, for meta rules
  std::optional<std::int32_t> points;
  bool scored = false;  // `points` are of a `score` line
  std::string description;
};

// All files together, merged: one definition a name, in order of first definition.
struct ParsedRules {
  std::vector<RuleDefinition> rules;
  std::vector<RuleTest> tests;
  // Rules that exist but that this build leaves out for a reason already reported, such as those
  // in plugin blocks: a meta rule that names one needs no warning of its own.
  std::vector<std::string> left_out;
};

}  // namespace postern
