#include "base/hash.h"

#include <bit>
#include <cstring>

namespace postern {
namespace {

constexpr std::uint64_t step = 0x9e3779b97f4a7c15ULL;

static_assert(std::endian::native == std::endian::little,
              "the tables on disk are little-endian; add byte swaps for this machine");

template <class Word>
std::uint64_t load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// The 1 to 7 octets as a number. Two overlapping loads instead of a memcpy of unknown length: most
// tokens are that short, and the call was a third of the time of hashing them.
std::uint64_t load_short(const char* at, std::size_t count) {
  if (count >= 4) {
    const std::uint64_t high = load<std::uint32_t>(at + count - 4);
    return load<std::uint32_t>(at) | high << (8 * (count - 4));
  }
  const auto octet = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  };
  return octet(0) | octet(count / 2) | octet(count - 1);
}

}  // namespace

std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  std::uint64_t state = mix64(seed + step * (bytes.size() + 1));
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; at += 8, left -= 8)
    state = mix64((state ^ load<std::uint64_t>(at)) * step + left);
  if (left > 0) state = mix64((state ^ load_short(at, left)) * step + left);
  return state;
}

}  // namespace postern
