// Entry: one line of LIST and UIDL.
#pragma once

#include <cstdint>
#include <string>

namespace postern {

struct Entry {
  std::string uid;         // 1 to 70 octets of 0x21-0x7E (RFC 1939 section 7), never reused
  std::uint64_t size = 0;  // octets on the wire, CRLF-normalised (see base/octets.h)
};

}  // namespace postern
