// What the tests of mail share.
#pragma once

#include <string>
#include <string_view>

#include "mail/content.h"

namespace postern {

inline Content decode(std::string_view message) { return Content::decode(Blob::copy(message)); }

// The same message with CRLF line ends.
inline std::string with_crlf(std::string_view lf) {
  std::string crlf;
  for (const char c : lf) {
    if (c == '\n') crlf.push_back('\r');
    crlf.push_back(c);
  }
  return crlf;
}

}  // namespace postern
