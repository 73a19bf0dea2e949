// RuleParser: reads rule files in SpamAssassin's syntax (Mail::SpamAssassin::Conf, "RULE
// DEFINITIONS AND PRIVILEGED SETTINGS") into definitions. Compiles nothing.
//
// Files are read one after another into one set, so that a later file may score or redefine the
// rules of an earlier one. What cannot be understood is reported and left out.
//
// Thread rule: belongs to one thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rules/rule_definition.h"
#include "rules/rule_line.h"

namespace postern {

class RuleParser {
 public:
  explicit RuleParser(std::vector<Diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  // `file` is the name for diagnostics.
  void read(std::string_view text, const std::string& file);

  // Joins rules with their scores, descriptions and flags. The parser is used up.
  ParsedRules finish();

 private:
  // An `if` or `ifplugin` that is open.
  struct Block {
    bool skipping = false;
    bool outer_skipping = false;
    int line = 0;
    std::size_t at = 0;
  };
  struct Score {
    std::int32_t points = 0;
    SourcePlace place;
  };
  struct Words {
    std::string text;
    SourcePlace place;
  };
  struct Flags {
    std::uint32_t most_counted = 1;
    SourcePlace place;
  };

  void read_line(const RuleLine& line);
  bool read_block_line(const RuleLine& line);
  void open_block(const RuleLine& line);
  void read_setting(const RuleLine& line);
  void read_rule(const RuleLine& line, RuleKind kind);
  bool read_header_test(const RuleLine& line, std::size_t at, RuleDefinition& rule);
  bool read_selector(const RuleLine& line, std::string_view text, std::size_t at,
                     RuleDefinition& rule);
  bool read_regex(const RuleLine& line, std::size_t at, RuleDefinition& rule);
  bool read_after_regex(const RuleLine& line, std::size_t at, RuleDefinition& rule);
  void read_score(const RuleLine& line);
  void read_describe(const RuleLine& line);
  void read_flags(const RuleLine& line);
  void read_test(const RuleLine& line);
  void define(RuleDefinition rule);
  void leave_out(const RuleLine& line, const std::string& name, std::string why);

  // Takes the rule's name off `words`, or reports why there is none.
  bool read_name(const RuleLine& line, WordReader& words, std::string& name);
  SourcePlace place(const RuleLine& line, std::size_t at) const;
  void report(Severity severity, const RuleLine& line, std::size_t at, const std::string& rule,
              std::string what, std::string advice);
  void report_strays();

  std::vector<Diagnostic>& diagnostics_;
  std::string file_;
  std::vector<Block> blocks_;
  ParsedRules parsed_;
  std::unordered_map<std::string, std::size_t> index_;  // into parsed_.rules
  std::unordered_set<std::string> left_out_;
  std::unordered_map<std::string, Score> scores_;
  std::unordered_map<std::string, Words> descriptions_;
  std::unordered_map<std::string, Flags> flags_;
};

}  // namespace postern
