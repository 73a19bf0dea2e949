// Corpus index: a list of judged messages, as filter evaluations use them.
//
// A text file with lines "spam PATH" or "ham PATH"; PATH is relative to the folder of the index.
// Empty lines and lines that begin with "#" are skipped. A file `kinds.tsv` beside it may say of
// what kind messages are: lines PATH<TAB>KIND, PATH as in the index, further columns ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/mail_class.h"
#include "base/result.h"

namespace postern {

struct IndexEntry {
  MailClass truth = MailClass::ham;
  std::string path;  // ready to open
  std::string kind;  // of message, "newsletter"; empty when not known
};

// no_input when it or a kinds.tsv cannot be read, bad_data with the number of the line that cannot
// be understood.
Result<std::vector<IndexEntry>> read_corpus_index(const std::string& path);
// The same of text in memory, without kinds; `path` gives the folder and stands in messages.
Result<std::vector<IndexEntry>> parse_corpus_index(std::string_view text, const std::string& path);

}  // namespace postern
