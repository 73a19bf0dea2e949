// SCRAM (RFC 5802, RFC 7677): what a server keeps instead of a password, and the sums with it.
//
// Who steals these keys can pose as the server and may guess passwords off-line, but cannot log in
// with them. Kept as RFC 5803 writes them: "SCRAM-SHA-256$10000:SALT$STORED:SERVER", in base64.
//
// Thread rule: values and free functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.h"

namespace postern {

enum class ScramHash { sha1, sha256 };

// RFC 7677 section 4 asks for 4096 at least. The client pays at each login, we only at the first.
constexpr unsigned scram_iterations = 10'000;
constexpr unsigned scram_least_iterations = 4096;
constexpr std::size_t scram_salt_size = 16;

constexpr HashKind hash_kind(ScramHash hash) {
  return hash == ScramHash::sha1 ? HashKind::sha1 : HashKind::sha256;
}

// "SCRAM-SHA-1" and so on.
std::string_view scram_name(ScramHash hash);

struct ScramKeys {
  std::string salt;
  unsigned iterations = 0;
  std::string stored_key;
  std::string server_key;
};

// `password` prepared by SASLprep. Costs milliseconds.
ScramKeys derive_scram_keys(ScramHash hash, std::string_view password, std::string_view salt,
                            unsigned iterations);

std::string format_scram_keys(ScramHash hash, const ScramKeys& keys);
// Nothing for what is malformed, of another hash, or of fewer than 4096 iterations.
std::optional<ScramKeys> parse_scram_keys(ScramHash hash, std::string_view text);

// RFC 5802 section 3. Compared in constant time.
bool is_scram_proof(ScramHash hash, std::string_view stored_key, std::string_view auth_message,
                    std::string_view proof);
std::string scram_server_signature(ScramHash hash, std::string_view server_key,
                                   std::string_view auth_message);

}  // namespace postern
