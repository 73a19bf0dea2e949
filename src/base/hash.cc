#include "base/hash.h"

#include <bit>
#include <cstring>

namespace postern {
namespace {

constexpr std::uint64_t step = 0x9e3779b97f4a7c15ULL;

std::uint64_t load_le64(const char* at, std::size_t count) {
  static_assert(std::endian::native == std::endian::little,
                "the tables on disk are little-endian; add byte swaps for this machine");
  std::uint64_t word = 0;
  std::memcpy(&word, at, count);
  return word;
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t state = mix64(seed + step * (bytes.size() + 1));
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8) state = mix64((state ^ load_le64(at, 8)) * step + left);
  if (left > 0) state = mix64((state ^ load_le64(at, left)) * step + left);
  return state;
}

}  // namespace postern
