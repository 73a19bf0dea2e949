// ReplaceTags: names for pieces of regular expressions (`replace_tag`), and the rules in which
// "<NAME>" stands for them (Mail::SpamAssassin::Plugin::ReplaceTags).
//
// Thread rule: belongs to one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

namespace postern {

class ReplaceTags {
 public:
  // Reads replace_tag, replace_pre, replace_inter, replace_post, replace_rules, replace_start and
  // replace_end. False for any other keyword.
  bool read(std::string_view keyword, std::string_view value);

  bool concerns(const std::string& rule) const { return rules_.count(rule) != 0; }
  // The pattern with its tags replaced. Bounded: what would grow beyond 256 kB stays as it is.
  std::string replaced(const std::string& pattern) const;

 private:
  using Table = std::map<std::string, std::string, std::less<>>;
  std::string take_modifier(std::string& pattern, std::string_view kind, const Table& table) const;
  bool replace_once(std::string& pattern) const;

  Table tags_, before_, between_, after_;
  std::unordered_set<std::string> rules_;
  std::string start_ = "<", end_ = ">";
};

}  // namespace postern
