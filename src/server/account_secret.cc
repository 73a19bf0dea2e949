#include "server/account_secret.h"

#include "base/crypto.h"
#include "base/secret_key.h"

namespace postern {
namespace {

// What was sealed for one account opens for no other.
std::string context_of(const std::string& account) { return "account " + account; }

}  // namespace

Result<std::string> seal_account_secret(const std::string& key_file, const std::string& account,
                                        const std::string& password) {
  Result<std::string> key = load_or_make_secret_key(key_file);
  if (!key) return key.error();
  std::string sealed = seal(*key, context_of(account), password);
  wipe(*key);
  return sealed;
}

Result<std::string> open_account_secret(const std::string& key_file, const StoredAccount& account) {
  Result<std::string> key = load_secret_key(key_file);
  if (!key) return Error(Errc::configuration, key.error().detail);
  std::optional<std::string> secret = unseal(*key, context_of(account.name), account.sealed_secret);
  wipe(*key);
  if (secret) return std::move(*secret);
  return Error(Errc::configuration,
               "the key '" + key_file + "' is not the one that the password of the account '" +
                   account.name +
                   "' was sealed with; put the right one back, or say `postern "
                   "account password " +
                   account.name + "`");
}

}  // namespace postern
