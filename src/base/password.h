// Password hashes by crypt(3) of libxcrypt: yescrypt for new ones; whatever libxcrypt knows
// ($y$, $6$, $2b$, ...) for checking.
//
// Thread rule: safe from any thread. Both cost tens of milliseconds of CPU and some MiB of memory
// on purpose, so never call them on an I/O thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

// A yescrypt hash with a fresh salt. A password with a NUL octet is refused (crypt would cut it).
Result<std::string> hash_password(std::string_view password);

// True when the password makes this hash, of crypt(3) or "{SCHEME}..." (base/password_scheme.h).
// Compared in constant time; a hash that nobody knows is never equal.
bool verify_password(std::string_view password, const std::string& hash);

// Checking it costs what the decoy costs: yescrypt.
bool is_costly_hash(std::string_view hash);

// A valid hash of an unknown password, to spend the same time on users that do not exist.
const std::string& decoy_password_hash();

}  // namespace postern
