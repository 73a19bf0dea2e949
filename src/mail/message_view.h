// MessageView: the MIME tree of a message as views into it (RFC 2045, RFC 2046). Decodes nothing
// but what the tree needs: types and boundaries.
//
// Parsing never fails; what is broken becomes Defects. No recursion: nesting is an explicit stack
// of at most JudgementLimits::depth, and each line is looked at once.
//
// Ownership: views point into the parsed text or into the arena. Thread rule: a value.
#pragma once

#include <string_view>
#include <vector>

#include "mail/arena.h"
#include "mail/content.h"
#include "mail/defects.h"

namespace postern {

struct MessageView {
  // `text` has LF line ends.
  //
  // QUIRKs: a UTF-8 byte order mark and an mbox "From " or ">From " line at the very top are
  // skipped; a header that begins with a line that is no field is empty, and all is body; a
  // multipart whose boundary is missing or never occurs is a leaf (Defect::missing_boundary);
  // an encoded message/rfc822, which RFC 2046 section 5.2.1 forbids, is a leaf.
  static MessageView parse(std::string_view text, Arena& arena);

  std::vector<Part> parts;               // parents before children; all but `start` is filled in
  std::vector<std::string_view> bodies;  // of each part, without the line end before a delimiter
  std::vector<bool> leaf;                // no part is inside
  Defects defects;
};

}  // namespace postern
