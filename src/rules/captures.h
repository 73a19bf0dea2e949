// Captures: what one rule finds and another looks for: "(?<NAME>...)" in the one, "%{NAME}" in the
// other (Mail::SpamAssassin::Conf, "CAPTURING TAGS USING REGEX NAMED CAPTURE GROUPS").
//
// A rule with "%{NAME}" is looked for with anything in its place, together with all others. Only
// where that hits is it compiled for the message at hand, so it costs nothing elsewhere.
//
// Thread rule: const after the last add() and renumber().
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rules/message_facts.h"
#include "rules/rule_definition.h"

namespace postern {

class CaptureRules {
 public:
  // Names in "%{NAME}" of the expression, each once.
  static std::vector<std::string> wanted_names(const std::string& pattern);
  // The expression with anything in place of "%{NAME}"; mostly the expression itself.
  static RegexSource loose_form(const RegexSource& source);

  // To be called for each rule of body, rawbody, uri, full and header with an expression.
  void add(std::uint32_t index, const RuleDefinition& rule);
  void renumber(const std::vector<std::uint32_t>& final_index);

  // `counts` are those of the loose forms; those of rules whose captures are not there, or not
  // met, become 0. Of one message at most 32 expressions are compiled, the others do not hit.
  void confirm(MessageFacts& facts, std::vector<std::uint32_t>& counts) const;

 private:
  // What a rule looks at.
  struct Place {
    RuleKind kind = RuleKind::body;
    HeaderSelector header;
    bool skips_subject = false;
  };
  struct Source {
    Place place;
    std::string name;
    std::unique_ptr<const re2::RE2> regex;  // with a group of that name
  };
  struct Template {
    std::uint32_t rule = 0;
    Place place;
    RegexSource regex;
    bool negated = false;
  };

  // Views into `text` or what `facts` holds.
  static std::vector<std::string_view> chunks_of(const Place& place, MessageFacts& facts,
                                                 std::string& text);
  std::string captured(const std::string& name, MessageFacts& facts) const;
  std::uint32_t count(const Template& rule, MessageFacts& facts) const;

  std::vector<Source> sources_;
  std::vector<Template> templates_;
};

}  // namespace postern
