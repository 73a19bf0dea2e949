// Header blocks: fields, folding and what a value means (RFC 5322 sections 2.2 and 3.6).
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

struct RawField {
  std::string_view name;  // without the colon and white space before it (RFC 5322 section 4.5)
  std::string_view body;  // what stands after the colon, with its folds, without the line end
};

// Reads the fields of a block with LF line ends, one after another. A line that is neither a field
// nor a continuation is skipped together with its continuations (Defect::bad_header_line).
class HeaderReader {
 public:
  HeaderReader(std::string_view block, Defects& defects) : in_(block), defects_(defects) {}
  // False at the end of the block.
  bool next(RawField& field);

 private:
  std::string_view take_field();

  std::string_view in_;
  Defects& defects_;
};

// True when the line begins like a field: printable ASCII without space, then a colon.
bool is_field_line(std::string_view line);

// Folds removed, white space kept (RFC 5322 section 2.2.3), ends trimmed. The body itself where
// it has no folds.
std::string_view unfolded(std::string_view body, Arena& arena);

}  // namespace postern
