// Octets: a message as it goes to the client, in two pieces so that nothing is copied.
//
// `head` is sent first (our label block, and the header when forged fields had to be renamed),
// then `body` from `body_from` on. Line ends are as stored; the wire form (CRLF everywhere, one
// at the very end) is made when the bytes are sent, and counted by wire_size().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/blob.h"

namespace postern {

struct Octets {
  std::string head;
  Blob body;
  std::size_t body_from = 0;  // octets of `body` that `head` already stands for

  std::string_view tail() const { return body.view().substr(body_from); }
};

// Size in octets of `stored` on the wire: every bare LF becomes CRLF, a bare CR stays as it is,
// and a last line without an end gets one (RFC 1939 section 11). Dot stuffing is not counted.
std::uint64_t wire_size(std::string_view stored);
std::uint64_t wire_size(const Octets& octets);

}  // namespace postern
