// SettingReader: the lines of rule files that set something and define no rule: lists of
// addresses and hosts, networks, top-level domains, tags for expressions.
//
// Thread rule: belongs to one thread.
#pragma once

#include <string>
#include <string_view>

#include "rules/replace_tags.h"
#include "rules/rule_settings.h"

namespace postern {

class SettingReader {
 public:
  enum class Outcome : unsigned char { unknown, read, bad };

  SettingReader(RuleSettings& settings, ReplaceTags& tags) : settings_(settings), tags_(tags) {}

  // `keyword` in lower case with "_"; `value` without comment. `bad`: `why` says what is wrong.
  Outcome read(std::string_view keyword, std::string_view value, std::string& why);

 private:
  bool read_list(std::string_view keyword, std::string_view value);
  bool read_relayed(std::string_view keyword, std::string_view value);
  bool read_hosts(std::string_view keyword, std::string_view value);
  bool read_domains(std::string_view keyword, std::string_view value);
  Outcome read_networks(std::string_view keyword, std::string_view value, std::string& why);

  RuleSettings& settings_;
  ReplaceTags& tags_;
};

}  // namespace postern
