#include "proto/wire_decoder.h"

#include <algorithm>

namespace postern {

std::size_t WireDecoder::decode(std::string_view bytes, std::string& out) {
  std::size_t next = 0;
  while (next < bytes.size() && !done()) {
    const char c = bytes[next];
    switch (at_) {
      case At::line_start:
        at_ = c == '.' ? At::dot : At::middle;
        if (c == '.') ++next;
        break;
      case At::dot:
        at_ = c == '\r' ? At::dot_cr : c == '\n' ? At::end : At::middle;
        if (at_ != At::middle) ++next;
        break;
      case At::dot_cr:
        at_ = c == '\n' ? At::end : At::middle;
        if (c == '\n') {
          ++next;
        } else {
          out += '\r';
        }
        break;
      case At::middle: {
        // Only a dot behind a line end means anything; all before the next one is copied at once.
        const std::size_t line_end = std::min(bytes.find("\n.", next), bytes.size() - 1);
        out.append(bytes.substr(next, line_end + 1 - next));
        at_ = bytes[line_end] == '\n' ? At::line_start : At::middle;
        next = line_end + 1;
        break;
      }
      case At::end: break;
    }
  }
  return next;
}

}  // namespace postern
