#include "classify/corpus_index.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/file.h"

namespace postern {

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
                       (absolute ? std::string() : folder) + std::string(name)});
  }
  return entries;
}

Result<std::vector<IndexEntry>> read_corpus_index(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return text.error();
  return parse_corpus_index(*text, path);
}

}  // namespace postern
