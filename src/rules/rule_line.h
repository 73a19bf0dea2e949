// RuleLine: one line of a rule file, taken apart as SpamAssassin does: a keyword, then a value.
//
// Views point into the file's text. Offsets count octets from the start of the line, so that a
// diagnostic's column is an offset plus one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

struct RuleLine {
  std::string_view text;  // without line end and trailing white space
  int number = 0;         // from 1
  std::string keyword;    // lower case, '-' as '_'; empty when the line says nothing
  std::size_t keyword_at = 0;
  std::size_t value_at = 0;  // where the value begins; text.size() when there is none
};

RuleLine read_rule_line(std::string_view text, int number);

// The text from `from` on without its comment: a '#' begins one unless written "\#".
std::string without_comment(std::string_view text, std::size_t from = 0);

// Reads words of a line one after another.
class WordReader {
 public:
  WordReader(std::string_view text, std::size_t from) : text_(text), at_(from) { skip_space(); }

  // Offset of the next word; the text's size when there is none.
  std::size_t at() const { return at_; }
  bool done() const { return at_ >= text_.size() || text_[at_] == '#'; }
  std::string_view next();

 private:
  void skip_space();

  std::string_view text_;
  std::size_t at_;
};

}  // namespace postern
