// A key of 32 random octets in a file of its own, under which secrets are sealed (base/crypto.h).
//
// Thread rule: free functions, safe from any thread and any process.
#pragma once

#include <string>

#include "base/result.h"

namespace postern {

// Errc::no_input when there is no such file; Errc::configuration when others than its owner may
// read it, or when it holds something else.
Result<std::string> load_secret_key(const std::string& path);

// The same, but makes the key (0600) and its folder (0700) when there is none.
Result<std::string> load_or_make_secret_key(const std::string& path);

}  // namespace postern
