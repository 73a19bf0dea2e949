#include "base/password.h"

#include <crypt.h>

#include <memory>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/password_scheme.h"

namespace postern {
namespace {

// libxcrypt's own default cost, what Debian uses for login passwords: 16 MiB, some 50 ms.
constexpr unsigned long default_cost = 0;

// The result of crypt_r in `data`; nullptr when the setting is not known.
const char* run_crypt(std::string_view password, const std::string& setting, crypt_data& data) {
  std::string phrase(password);
  const char* hash = ::crypt_r(phrase.c_str(), setting.c_str(), &data);
  wipe(phrase);
  if (hash == nullptr || hash[0] == '*') return nullptr;
  return hash;
}

}  // namespace

Result<std::string> hash_password(std::string_view password) {
  if (password.find('\0') != std::string_view::npos) {
    return Error(Errc::bad_data, "a password cannot contain a NUL character");
  }
  const std::string random = random_bytes(16);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (::crypt_gensalt_rn("$y$", default_cost, random.data(), static_cast<int>(random.size()),
                         setting, sizeof setting) == nullptr) {
    return Error(Errc::internal, "this system's libcrypt cannot make yescrypt hashes");
  }
  const auto data = std::make_unique<crypt_data>();
  const char* hash = run_crypt(password, setting, *data);
  if (hash == nullptr) return Error(Errc::internal, "libcrypt failed to hash a password");
  return std::string(hash);
}

bool verify_password(std::string_view password, const std::string& hash) {
  if (password.find('\0') != std::string_view::npos) return false;
  if (const auto schemed = parse_schemed_password(hash)) {
    return verify_schemed_password(password, *schemed);
  }
  const auto data = std::make_unique<crypt_data>();
  const char* computed = run_crypt(password, hash, *data);
  return computed != nullptr && equal_in_constant_time(computed, hash);
}

bool is_costly_hash(std::string_view hash) { return hash.substr(0, 3) == "$y$"; }

const std::string& decoy_password_hash() {
  static const std::string hash = [] {
    auto made = hash_password(to_hex(random_bytes(16)));
    return made ? *made : std::string();
  }();
  return hash;
}

}  // namespace postern
