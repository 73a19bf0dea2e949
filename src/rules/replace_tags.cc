#include "rules/replace_tags.h"

#include "base/ascii.h"
#include "rules/rule_line.h"

namespace postern {

namespace {

constexpr std::size_t longest_pattern = 1 << 18;
constexpr int most_passes = 6;

}  // namespace

bool ReplaceTags::read(std::string_view keyword, std::string_view value) {
  if (keyword == "replace_rules") {
    WordReader words(value, 0);
    while (words.at() < value.size()) rules_.emplace(words.next());
    return true;
  }
  if (keyword == "replace_start" || keyword == "replace_end") {
    if (!value.empty()) (keyword == "replace_start" ? start_ : end_) = value;
    return true;
  }
  Table* const table = keyword == "replace_tag"     ? &tags_
                       : keyword == "replace_pre"   ? &before_
                       : keyword == "replace_inter" ? &between_
                       : keyword == "replace_post"  ? &after_
                                                    : nullptr;
  if (table == nullptr) return false;
  WordReader words(value, 0);
  const std::string name(words.next());
  (*table)[name] = std::string(value.substr(words.at()));
  return true;
}

// Removes "<inter NAME>" and gives what NAME stands for.
std::string ReplaceTags::take_modifier(std::string& pattern, std::string_view kind,
                                       const Table& table) const {
  const std::string opening = start_ + std::string(kind) + ' ';
  const std::size_t at = pattern.find(opening);
  if (at == std::string::npos) return {};
  const std::size_t end = pattern.find(end_, at);
  if (end == std::string::npos) return {};
  const auto found = table.find(pattern.substr(at + opening.size(), end - at - opening.size()));
  pattern.erase(at, end + end_.size() - at);
  return found == table.end() ? std::string() : found->second;
}

// True when what was put in has tags, too.
bool ReplaceTags::replace_once(std::string& pattern) const {
  const std::string before = take_modifier(pattern, "pre", before_);
  const std::string after = take_modifier(pattern, "post", after_);
  const std::string between = take_modifier(pattern, "inter", between_);
  std::string out;
  bool again = false, after_tag = false;
  std::size_t at = 0;
  while (at < pattern.size()) {
    const std::size_t open = pattern.find(start_, at);
    std::size_t close = std::string::npos;
    if (open != std::string::npos) close = pattern.find(end_, open + start_.size());
    if (close == std::string::npos) break;
    // The innermost opening before the end counts.
    const std::size_t begin = pattern.rfind(start_, close - 1);
    const std::string name = pattern.substr(begin + start_.size(), close - begin - start_.size());
    const auto tag = tags_.find(name);
    out += pattern.substr(at, begin - at);
    if (after_tag && begin == at && at > 0) out += between;
    out += before;
    if (tag != tags_.end()) {
      out += tag->second;
      const std::size_t inner = tag->second.find('<');
      again |= inner != std::string::npos && tag->second.find('>', inner) != std::string::npos;
    } else {
      out += start_ + name + end_;
    }
    out += after;
    after_tag = true;
    at = close + end_.size();
  }
  out += pattern.substr(std::min(at, pattern.size()));
  pattern = std::move(out);
  return again;
}

std::string ReplaceTags::replaced(const std::string& pattern) const {
  std::string current = pattern;
  for (int pass = 0; pass < most_passes; ++pass) {
    const bool again = replace_once(current);
    if (current.size() > longest_pattern) return pattern;
    if (!again) break;
  }
  return current;
}

}  // namespace postern
