#include "classify/checksum.h"

#include <cstring>

#include "base/hash.h"

namespace postern {

std::uint64_t model_checksum(std::string_view bytes) {
  // Four independent lanes, so that the processor overlaps their multiplications.
  constexpr std::uint64_t factor = 0x9e3779b97f4a7c15ULL;
  std::uint64_t lanes[4] = {1, 2, 3, 4};
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= sizeof(lanes); at += sizeof(lanes), left -= sizeof(lanes)) {
    std::uint64_t words[4];
    std::memcpy(words, at, sizeof(words));
    for (int i = 0; i < 4; ++i) {
      // Odd multiplication and a shift are both bijections: no single change can get lost.
      lanes[i] = (lanes[i] ^ words[i]) * factor;
      lanes[i] ^= lanes[i] >> 29;
    }
  }
  std::uint64_t sum = hash_bytes({at, left}, bytes.size());
  for (const std::uint64_t lane : lanes) sum = mix64(sum ^ lane) * factor;
  return sum;
}

}  // namespace postern
