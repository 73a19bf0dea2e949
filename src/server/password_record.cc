#include "server/password_record.h"

#include "base/password.h"
#include "base/password_scheme.h"
#include "mail/saslprep.h"
#include "server/authenticator.h"

namespace postern {
namespace {

std::string scram_text(const NewPassword& password, const std::string& prepared, ScramHash hash,
                       const std::string& sibling) {
  const auto shared = parse_scram_keys(hash, sibling);
  if (!shared && !password.device.empty()) return "";
  return format_scram_keys(
      hash, derive_scram_keys(hash, prepared, shared ? shared->salt : random_bytes(scram_salt_size),
                              shared ? shared->iterations : scram_iterations));
}

}  // namespace

Result<PasswordRecord> make_password_record(const NewPassword& password) {
  std::string prepared = saslprep(password.text);
  PasswordRecord record;
  if (password.random) {
    record.hash = salted_sha256_password(prepared);
  } else {
    const Result<std::string> hash = hash_password(prepared);
    if (!hash) return hash.error();
    record.hash = *hash;
  }
  record.keys.scram_sha_1 =
      scram_text(password, prepared, ScramHash::sha1, password.siblings.scram_sha_1);
  record.keys.scram_sha_256 =
      scram_text(password, prepared, ScramHash::sha256, password.siblings.scram_sha_256);
  if (!password.secret_key.empty()) {
    record.keys.sealed_secret =
        seal(password.secret_key, secret_context(password.user, password.device), prepared);
  }
  wipe(prepared);
  return record;
}

std::string random_app_password() {
  constexpr std::string_view letters = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(letters.size() == 32);
  std::string random = random_bytes(20);
  std::string text;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i > 0 && i % 4 == 0) text += '-';
    text += letters[static_cast<unsigned char>(random[i]) % letters.size()];
  }
  wipe(random);
  return text;
}

}  // namespace postern
