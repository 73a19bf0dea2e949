#include "base/octets.h"

#include <cstring>

namespace postern {
namespace {

// Octets of `bytes` with CRLF line ends, given the octet that came before; no end is added.
std::uint64_t size_with_crlf(std::string_view bytes, char before) {
  std::uint64_t size = bytes.size();
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end) {
    const char* newline =
        static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (newline == nullptr) break;
    const char previous = newline == bytes.data() ? before : newline[-1];
    if (previous != '\r') ++size;
    at = newline + 1;
  }
  return size;
}

}  // namespace

std::uint64_t wire_size(std::string_view stored) {
  if (stored.empty()) return 0;
  return size_with_crlf(stored, '\0') + (stored.back() == '\n' ? 0 : 2);
}

std::uint64_t wire_size(const Octets& octets) {
  const std::string_view tail = octets.tail();
  if (tail.empty()) return wire_size(octets.head);
  const char before = octets.head.empty() ? '\0' : octets.head.back();
  return size_with_crlf(octets.head, '\0') + size_with_crlf(tail, before) +
         (tail.back() == '\n' ? 0 : 2);
}

}  // namespace postern
