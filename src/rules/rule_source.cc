#include "rules/rule_source.h"

#include <string_view>

#include "base/file.h"

namespace postern {
namespace {

// The paths with each folder replaced by its *.cf, in byte order. Names that begin with "." are
// what editors leave beside a file.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!is_directory(path)) {
      files.push_back(path);
      continue;
    }
    const auto names = list_directory(path);
    if (!names) return names.error();
    for (const std::string& name : *names) {
      if (name.front() == '.' || !std::string_view(name).ends_with(".cf")) continue;
      files.push_back(path + (path.back() == '/' ? "" : "/") + name);
    }
  }
  return files;
}

}  // namespace

Result<std::vector<RuleSource>> read_rule_sources(const std::vector<std::string>& paths) {
  const auto files = files_of(paths);
  if (!files) return files.error();
  std::vector<RuleSource> sources;
  for (const std::string& file : *files) {
    auto text = read_file(file);
    if (!text) return text.error();
    sources.push_back({file, std::move(*text)});
  }
  return sources;
}

}  // namespace postern
