// Cryptography, by OpenSSL. The only place in base that includes it.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
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

// The hashes that authentication mechanisms are defined with. MD5 and SHA-1 are broken as hashes;
// APOP, CRAM-MD5 and SCRAM-SHA-1 are what they are.
enum class HashKind { md5, sha1, sha256, sha512 };

std::string digest(HashKind kind, std::string_view bytes);
std::string hmac(HashKind kind, std::string_view key, std::string_view bytes);

// PBKDF2 with HMAC (RFC 8018 section 5.2), as many octets as the hash has.
std::string pbkdf2(HashKind kind, std::string_view password, std::string_view salt,
                   unsigned iterations);

// AES-256-GCM under a key of 32 octets: nonce (12, random), ciphertext, tag (16). `context` is not
// kept, but must be the same to open: what was sealed for one user opens for no other.
std::string seal(std::string_view key, std::string_view context, std::string_view secret);
// Nothing when key or context are others, or when an octet was changed.
std::optional<std::string> unseal(std::string_view key, std::string_view context,
                                  std::string_view sealed);

// Octets from the system's random generator.
std::string random_bytes(std::size_t count);

// Compares in time that depends on the lengths alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// Overwrites a secret in a way that the compiler keeps.
void wipe(std::string& secret);

}  // namespace postern
