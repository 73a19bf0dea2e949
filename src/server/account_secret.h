// The password of an account at a provider: sealed in the store, under a key in a file of its own
// (base/secret_key.h), so that who has only the database has no password.
//
// Thread rule: free functions, safe from any thread; blocking.
#pragma once

#include <string>

#include "base/result.h"
#include "state/stored_account.h"

namespace postern {

// What is kept of the password; makes the key when there is none. Errc::configuration when others
// may read the key.
Result<std::string> seal_account_secret(const std::string& key_file, const std::string& account,
                                        const std::string& password);

// The password; wipe() it after use. Errc::configuration when the key is gone, readable by others,
// or not the one that it was sealed with.
Result<std::string> open_account_secret(const std::string& key_file, const StoredAccount& account);

}  // namespace postern
