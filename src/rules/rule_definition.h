// What a rule file says, before anything is compiled: the parser's output, the compiler's input.
//
// Plain values, no thread rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/rule_set.h"
#include "rules/rule_settings.h"

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

enum class RuleKind : std::uint8_t {
  header,
  body,
  rawbody,
  uri,
  full,
  meta,
  mime_header,  // a field of the message or of any of its parts
  uri_detail,   // what a link is, says and stands in
  eval,         // a function (rules/eval_functions.h)
};

enum class FieldForm : std::uint8_t { decoded, raw, address, name };
// Of each value the host in it, that host's registered domain, or an IPv4 address.
enum class FieldPart : std::uint8_t { whole, host, domain, address, reversed_address };

// The text that a header rule looks at: a field, or one of SpamAssassin's pseudo-fields.
struct HeaderSelector {
  // Lower case, so that equal selectors compare equal: "from", "tocc"; but "ALL" and "MESSAGEID".
  std::string field;
  FieldForm form = FieldForm::decoded;
  FieldPart part = FieldPart::whole;
  bool raw = false;
  bool first = false;  // `:first`, `:last`: one of several fields of that name
  bool last = false;
  friend auto operator<=>(const HeaderSelector&, const HeaderSelector&) = default;
};

// `uri_detail NAME KEY =~ /re/ KEY !~ /re/ ...`: one link must meet all conditions.
struct LinkCondition {
  enum class Key : std::uint8_t { raw, type, cleaned, text, domain, host };
  Key key = Key::raw;
  bool negated = false;
  RegexSource regex;
};

// `eval:NAME(ARGUMENT, ...)`, quotes taken off.
struct EvalCall {
  std::string function;
  std::vector<std::string> arguments;
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
  std::vector<LinkCondition> links;  // of uri_detail
  EvalCall call;                     // of eval
  std::string meta;                  // expression
  int meta_column = 0;               // where it begins
  std::uint32_t most_counted = 1;    // tflags multiple, maxhits=N: hits counted, for meta rules
  bool skips_subject = false;        // tflags nosubject, of body rules
  std::optional<std::int32_t> points;
  bool scored = false;  // `points` are of a `score` line
  std::string description;
};

// All files together, merged: one definition a name, in order of first definition.
struct ParsedRules {
  std::vector<RuleDefinition> rules;
  std::vector<RuleTest> tests;
  RuleSettings settings;
  // Rules that exist but that this build leaves out for a reason already reported, such as those
  // in plugin blocks: a meta rule that names one needs no warning of its own.
  std::vector<std::string> left_out;
};

}  // namespace postern
