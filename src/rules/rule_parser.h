// RuleParser: reads rule files in SpamAssassin's syntax (Mail::SpamAssassin::Conf, "RULE
// DEFINITIONS AND PRIVILEGED SETTINGS") into definitions. Compiles nothing.
//
// Files are read one after another into one set, so that a later file may score or redefine the
// rules of an earlier one. What cannot be understood is reported and left out.
//
// Thread rule: belongs to one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rules/rule_definition.h"
#include "rules/rule_line.h"
#include "rules/setting_reader.h"

namespace postern {

class RuleParser {
 public:
  explicit RuleParser(std::vector<Diagnostic>& diagnostics) : diagnostics_(diagnostics) {}

  // Reads a file that another one includes; without it `include` is an error.
  using Loader = std::function<Result<std::string>(const std::string& path)>;
  void load_with(Loader loader) { loader_ = std::move(loader); }

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
    bool skips_subject = false;
    SourcePlace place;
  };

  void read_line(const RuleLine& line);
  bool read_block_line(const RuleLine& line);
  void open_block(const RuleLine& line);
  bool condition_holds(const RuleLine& line, const std::string& text);
  void read_include(const RuleLine& line);
  void read_setting(const RuleLine& line);
  bool read_value(const RuleLine& line);
  void read_rule(const RuleLine& line, RuleKind kind);
  bool read_header_test(const RuleLine& line, std::size_t at, RuleDefinition& rule);
  bool read_selector(const RuleLine& line, std::string_view text, std::size_t at,
                     RuleDefinition& rule);
  bool read_links(const RuleLine& line, std::size_t at, RuleDefinition& rule);
  bool read_eval(const RuleLine& line, std::size_t at, RuleDefinition& rule);
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
  ReplaceTags tags_;
  SettingReader settings_{parsed_.settings, tags_};
  Loader loader_;
  int include_depth_ = 0;
  std::unordered_map<std::string, std::size_t> index_;  // into parsed_.rules
  std::unordered_set<std::string> left_out_;
  std::unordered_map<std::string, Score> scores_;
  std::unordered_map<std::string, Words> descriptions_;
  std::unordered_map<std::string, Flags> flags_;
};

}  // namespace postern
