// postern rules hits
#include <fmt/format.h>

#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "base/file.h"
#include "commands.h"
#include "mail/content.h"
#include "message_source.h"
#include "rules/rule_set.h"

namespace postern {
namespace {

// Of an index (lines `spam|ham PATH`, PATH relative to it), in its order.
Result<std::vector<std::string>> messages_of(const std::string& index) {
  const auto text = read_file(index);
  if (!text) return text.error();
  const std::filesystem::path folder = std::filesystem::path(index).parent_path();
  std::vector<std::string> paths;
  std::istringstream lines(*text);
  std::string line;
  while (std::getline(lines, line)) {
    const std::size_t space = line.find(' ');
    if (space != std::string::npos) paths.push_back((folder / line.substr(space + 1)).string());
  }
  return paths;
}

boost::json::array names_of(const RuleSet& rules, const std::vector<std::uint32_t>& indexes) {
  boost::json::array names;
  for (const std::uint32_t index : indexes) names.emplace_back(rules.info(index).name);
  return names;
}

void print_hits(const RuleSet& rules, const std::string& path,
                const std::vector<std::uint32_t>& hits, bool json) {
  if (json) {
    fmt::print("{}\n", boost::json::serialize(
                           boost::json::object{{"path", path}, {"hits", names_of(rules, hits)}}));
    return;
  }
  fmt::print("{}\t", path);
  for (const std::uint32_t hit : hits) fmt::print("{} ", rules.info(hit).name);
  fmt::print("\n");
}

}  // namespace

int run_rules_hits(const RulesHitsOptions& options) {
  std::vector<Diagnostic> diagnostics;
  const auto rules = RuleSet::load(options.paths, diagnostics);
  if (!rules) return fail(rules.error());
  const auto paths = messages_of(options.index);
  if (!paths) return fail(paths.error());
  if (options.json) {
    std::vector<std::uint32_t> all((*rules)->size());
    for (std::uint32_t i = 0; i < all.size(); ++i) all[i] = i;
    fmt::print("{}\n",
               boost::json::serialize(boost::json::object{{"rules", names_of(**rules, all)}}));
  }
  std::vector<std::uint32_t> hits;
  for (const std::string& path : *paths) {
    const auto message = read_message(path);
    if (!message) return fail(message.error());
    (*rules)->evaluate_everything(Content::decode(*message), hits);
    print_hits(**rules, path, hits, options.json);
  }
  return 0;
}

}  // namespace postern
