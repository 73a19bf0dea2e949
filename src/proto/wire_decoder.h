// WireDecoder: a message as POP3 sends it (RFC 1939 section 3) back into the message: the dot that
// was put before lines with one is taken away, and the line of a single dot ends it.
//
// Works in pieces of any size. Line ends stay as they come; the end is also recognised where lines
// end in LF alone.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern {

class WireDecoder {
 public:
  // Appends what `bytes` decode to; gives how many of them were taken: all, unless the message
  // ended before.
  std::size_t decode(std::string_view bytes, std::string& out);
  bool done() const { return at_ == At::end; }

 private:
  enum class At { line_start, dot, dot_cr, middle, end };

  At at_ = At::line_start;
};

}  // namespace postern
