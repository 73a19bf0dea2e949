// TextSpan: a part of a text, as offsets in octets.
#pragma once

#include <algorithm>
#include <cstdint>

namespace postern {

struct TextSpan {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // behind the last octet

  bool empty() const { return begin >= end; }
  // The smallest that holds both.
  void join(const TextSpan& other) {
    begin = std::min(begin, other.begin);
    end = std::max(end, other.end);
  }
  void intersect(const TextSpan& other) {
    begin = std::max(begin, other.begin);
    end = std::min(end, other.end);
  }
};

}  // namespace postern
