#include "base/scram.h"

#include "base/ascii.h"
#include "base/base64.h"

namespace postern {
namespace {

std::size_t key_size(ScramHash hash) { return hash == ScramHash::sha1 ? 20 : 32; }

}  // namespace

std::string_view scram_name(ScramHash hash) {
  return hash == ScramHash::sha1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";
}

ScramKeys derive_scram_keys(ScramHash hash, std::string_view password, std::string_view salt,
                            unsigned iterations) {
  const HashKind kind = hash_kind(hash);
  std::string salted = pbkdf2(kind, password, salt, iterations);
  std::string client_key = hmac(kind, salted, "Client Key");
  ScramKeys keys{std::string(salt), iterations, digest(kind, client_key),
                 hmac(kind, salted, "Server Key")};
  wipe(salted);
  wipe(client_key);
  return keys;
}

std::string format_scram_keys(ScramHash hash, const ScramKeys& keys) {
  return std::string(scram_name(hash)) + "$" + std::to_string(keys.iterations) + ":" +
         base64_encode(keys.salt) + "$" + base64_encode(keys.stored_key) + ":" +
         base64_encode(keys.server_key);
}

std::optional<ScramKeys> parse_scram_keys(ScramHash hash, std::string_view text) {
  const auto fields = split(text, '$');
  if (fields.size() != 3 || fields[0] != scram_name(hash)) return std::nullopt;
  const auto salting = split(fields[1], ':');
  const auto keys = split(fields[2], ':');
  if (salting.size() != 2 || keys.size() != 2) return std::nullopt;
  const auto iterations = parse_decimal(salting[0]);
  const auto salt = base64_decode(salting[1]);
  const auto stored = base64_decode(keys[0]);
  const auto server = base64_decode(keys[1]);
  if (!iterations || *iterations < scram_least_iterations || *iterations > 10'000'000 || !salt ||
      salt->empty() || !stored || stored->size() != key_size(hash) || !server ||
      server->size() != key_size(hash)) {
    return std::nullopt;
  }
  return ScramKeys{*salt, static_cast<unsigned>(*iterations), *stored, *server};
}

bool is_scram_proof(ScramHash hash, std::string_view stored_key, std::string_view auth_message,
                    std::string_view proof) {
  std::string client_key = hmac(hash_kind(hash), stored_key, auth_message);
  if (proof.size() != client_key.size()) return false;
  for (std::size_t i = 0; i < proof.size(); ++i) {
    client_key[i] = static_cast<char>(client_key[i] ^ proof[i]);
  }
  const bool right = equal_in_constant_time(digest(hash_kind(hash), client_key), stored_key);
  wipe(client_key);
  return right;
}

std::string scram_server_signature(ScramHash hash, std::string_view server_key,
                                   std::string_view auth_message) {
  return hmac(hash_kind(hash), server_key, auth_message);
}

}  // namespace postern
