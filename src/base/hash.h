// Hashes without secrets: for tables, features and checksums of our own files.
//
// All are fixed for ever: models and state on disk depend on them (tests pin values). Use
// base/crypto.h where an adversary must not find collisions.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

// The finaliser of MurmurHash3: a bijection on 64 bits in which every input bit reaches every
// output bit.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  x ^= x >> 33;
  return x;
}

// 64 bits of any bytes, little-endian eight at a time; `seed` makes independent functions.
std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed = 0);

}  // namespace postern
