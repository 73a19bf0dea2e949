#include "rules/rule_line.h"

#include "base/ascii.h"

namespace postern {

RuleLine read_rule_line(std::string_view text, int number) {
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  RuleLine line;
  line.text = text;
  line.number = number;
  WordReader words(text, 0);
  line.keyword_at = words.at();
  line.value_at = text.size();
  if (words.done()) return line;
  line.keyword = ascii_lowered(words.next());
  for (char& c : line.keyword) {
    if (c == '-') c = '_';
  }
  line.value_at = words.at();
  return line;
}

std::string without_comment(std::string_view text, std::size_t from) {
  std::string kept;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '#') {
      kept += '#';
      ++i;
    } else if (text[i] == '#') {
      break;
    } else {
      kept += text[i];
    }
  }
  while (!kept.empty() && is_ascii_space(kept.back())) kept.pop_back();
  return kept;
}

std::string_view WordReader::next() {
  const std::size_t start = at_;
  while (at_ < text_.size() && !is_ascii_space(text_[at_])) ++at_;
  const std::string_view word = text_.substr(start, at_ - start);
  skip_space();
  return word;
}

void WordReader::skip_space() {
  while (at_ < text_.size() && is_ascii_space(text_[at_])) ++at_;
}

}  // namespace postern
