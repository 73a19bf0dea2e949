// WireEncoder: a stored message as POP3 sends it (RFC 1939 section 3): CRLF line ends everywhere,
// one at the very end, and a "." put before each line that begins with one.
//
// Works in pieces, so that a message of any size needs one small buffer. A bare CR is no line end
// and stays as it is; NULs and lines of any length pass. The closing ".CRLF" is the caller's.
//
// Thread rule: one thread. Shares the message's bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/octets.h"

namespace postern {

class WireEncoder {
 public:
  // Whole, or (TOP, RFC 1939 section 7) the header, the empty line and so many body lines. A
  // message without an empty line is all header. NULs are sent as `nul`.
  explicit WireEncoder(Octets message, std::optional<std::uint64_t> body_lines = std::nullopt,
                       char nul = '\0');

  // Appends to `out` until it has about `enough` octets or the message is at its end; never much
  // more (2 octets, besides what it had). True when the message is at its end.
  bool fill(std::string& out, std::size_t enough);

 private:
  // What is left of the segment at hand.
  std::string_view rest() const { return segment().substr(at_); }
  std::string_view segment() const;
  void end_line(std::string& out);
  void finish(std::string& out);

  Octets message_;
  std::optional<std::uint64_t> body_lines_;
  char nul_;
  bool in_tail_ = false;  // of the two segments, head and tail
  std::size_t at_ = 0;
  bool line_begun_ = false;      // an octet of the current line was sent
  bool line_is_one_cr_ = false;  // it holds a CR alone so far
  bool last_is_cr_ = false;
  bool in_body_ = false;
  bool done_ = false;
};

}  // namespace postern
