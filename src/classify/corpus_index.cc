#include "classify/corpus_index.h"

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "base/file.h"

namespace postern {
namespace {

// Path as opened -> kind; empty when there is no such file.
Result<std::map<std::string, std::string>> read_kinds(const std::string& folder) {
  std::map<std::string, std::string> kinds;
  if (!is_file(folder + "kinds.tsv")) return kinds;
  const auto text = read_file(folder + "kinds.tsv");
  if (!text) return text.error();
  for (const std::string_view line : split(*text, '\n')) {
    const std::vector<std::string_view> columns = split(line, '\t');
    if (columns.size() >= 2) kinds[folder + std::string(columns[0])] = trimmed(columns[1]);
  }
  return kinds;
}

}  // namespace

Result<std::vector<IndexEntry>> parse_corpus_index(std::string_view text, const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  std::vector<IndexEntry> entries;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    line = trimmed(line);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view word = line.substr(0, space);
    const std::string_view name = trimmed(line.substr(space));
    const bool spam = equals_ignoring_case(word, "spam");
    if ((!spam && !equals_ignoring_case(word, "ham")) || name.empty()) {
      return Error(Errc::bad_data,
                   path + ":" + std::to_string(number) + ": expected 'spam PATH' or 'ham PATH'");
    }
    const bool absolute = name.starts_with('/');
    entries.push_back({spam ? MailClass::spam : MailClass::ham,
                       (absolute ? std::string() : folder) + std::string(name), ""});
  }
  return entries;
}

Result<std::vector<IndexEntry>> read_corpus_index(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  auto entries = parse_corpus_index(*text, path);
  if (!entries) return entries.error();
  const auto kinds = read_kinds(path.substr(0, path.rfind('/') + 1));
  if (!kinds) return kinds.error();
  for (IndexEntry& entry : *entries) {
    const auto kind = kinds->find(entry.path);
    if (kind != kinds->end()) entry.kind = kind->second;
  }
  return entries;
}

}  // namespace postern
