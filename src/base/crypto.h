// Cryptography, by OpenSSL. The only place in base that includes it.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace postern {

// SHA-256 (FIPS 180-4), 32 octets.
std::string sha256(std::string_view bytes);

// SHA-1, 20 octets. Broken; only to read what other programs have named by it.
std::string sha1(std::string_view bytes);

// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  // The 32 octets; the object must not be used afterwards.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// HMAC-SHA-256 (RFC 2104), 32 octets.
std::string hmac_sha256(std::string_view key, std::string_view bytes);

// Octets from the system's random generator.
std::string random_bytes(std::size_t count);

// Compares in time that depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// Overwrites a secret in a way that the compiler keeps.
void wipe(std::string& secret);

}  // namespace postern
