#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace postern {
namespace {

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// OpenSSL fails here only without memory or without a random source; there is no way on.
void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("OpenSSL: ") + what + " failed");
}

const EVP_MD* algorithm(HashKind kind) {
  switch (kind) {
    case HashKind::md5: return EVP_md5();
    case HashKind::sha1: return EVP_sha1();
    case HashKind::sha256: return EVP_sha256();
    case HashKind::sha512: return EVP_sha512();
  }
  return nullptr;
}

std::string room_for(HashKind kind) {
  return std::string(static_cast<std::size_t>(EVP_MD_get_size(algorithm(kind))), '\0');
}

constexpr std::size_t seal_nonce = 12;
constexpr std::size_t seal_tag = 16;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

CipherContext cipher_context() { return {EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free}; }

}  // namespace

std::string sha1(std::string_view bytes) {
  std::string digest(20, '\0');
  require(EVP_Digest(bytes.data(), bytes.size(), octets(digest), nullptr, EVP_sha1(), nullptr) == 1,
          "SHA-1");
  return digest;
}

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  require(EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) == 1, "SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1, "SHA-256");
}

std::string Sha256::finish() {
  std::string digest(32, '\0');
  require(EVP_DigestFinal_ex(state_->context.get(), octets(digest), nullptr) == 1, "SHA-256");
  return digest;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  require(
      EVP_Digest(bytes.data(), bytes.size(), octets(digest), nullptr, EVP_sha256(), nullptr) == 1,
      "SHA-256");
  return digest;
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::string code(32, '\0');
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), octets(bytes), bytes.size(),
               octets(code), nullptr) != nullptr,
          "HMAC");
  return code;
}

std::string digest(HashKind kind, std::string_view bytes) {
  std::string hash = room_for(kind);
  require(
      EVP_Digest(bytes.data(), bytes.size(), octets(hash), nullptr, algorithm(kind), nullptr) == 1,
      "a hash");
  return hash;
}

std::string hmac(HashKind kind, std::string_view key, std::string_view bytes) {
  std::string code = room_for(kind);
  // A null key means something else to OpenSSL than an empty one.
  const char* const key_octets = key.empty() ? "" : key.data();
  require(HMAC(algorithm(kind), key_octets, static_cast<int>(key.size()), octets(bytes),
               bytes.size(), octets(code), nullptr) != nullptr,
          "HMAC");
  return code;
}

std::string pbkdf2(HashKind kind, std::string_view password, std::string_view salt,
                   unsigned iterations) {
  std::string key = room_for(kind);
  require(
      PKCS5_PBKDF2_HMAC(password.empty() ? "" : password.data(), static_cast<int>(password.size()),
                        octets(salt), static_cast<int>(salt.size()), static_cast<int>(iterations),
                        algorithm(kind), static_cast<int>(key.size()), octets(key)) == 1,
      "PBKDF2");
  return key;
}

std::string seal(std::string_view key, std::string_view context, std::string_view secret) {
  require(key.size() == 32, "a key of 32 octets");
  std::string sealed = random_bytes(seal_nonce);
  sealed.resize(seal_nonce + secret.size() + seal_tag);
  const CipherContext cipher = cipher_context();
  unsigned char* const out = octets(sealed) + seal_nonce;
  int count = 0;
  require(EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, octets(key),
                             octets(sealed)) == 1 &&
              EVP_EncryptUpdate(cipher.get(), nullptr, &count, octets(context),
                                static_cast<int>(context.size())) == 1 &&
              EVP_EncryptUpdate(cipher.get(), out, &count, octets(secret),
                                static_cast<int>(secret.size())) == 1 &&
              EVP_EncryptFinal_ex(cipher.get(), out + count, &count) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, seal_tag,
                                  out + secret.size()) == 1,
          "AES-256-GCM");
  return sealed;
}

std::optional<std::string> unseal(std::string_view key, std::string_view context,
                                  std::string_view sealed) {
  if (key.size() != 32 || sealed.size() < seal_nonce + seal_tag) return std::nullopt;
  std::string secret(sealed.size() - seal_nonce - seal_tag, '\0');
  std::string tag(sealed.substr(sealed.size() - seal_tag));
  const std::string_view body = sealed.substr(seal_nonce, secret.size());
  const CipherContext cipher = cipher_context();
  int count = 0;
  const bool opened =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, octets(key), octets(sealed)) ==
          1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &count, octets(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), octets(secret), &count, octets(body),
                        static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, seal_tag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), octets(secret) + count, &count) == 1;
  if (opened) return secret;
  wipe(secret);
  return std::nullopt;
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  require(RAND_bytes(octets(bytes), static_cast<int>(count)) == 1, "random generator");
  return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::string& secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace postern
