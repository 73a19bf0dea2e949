#include "popcheck/scram.h"

#include <openssl/hmac.h>

#include <array>

#include "popcheck/check.h"

namespace popcheck {
namespace {

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  HMAC(digest, key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string hash(const EVP_MD* digest, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), out.data(), &size, digest, nullptr);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string stretched(const EVP_MD* digest, const std::string& password,
                      const ScramChallenge& challenge) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(digest)), '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                    reinterpret_cast<const unsigned char*>(challenge.salt.data()),
                    static_cast<int>(challenge.salt.size()), static_cast<int>(challenge.iterations),
                    digest, static_cast<int>(out.size()),
                    reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

// RFC 5802 section 5.1: "=" and "," are written in another way.
std::string sasl_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '=') {
      out += "=3D";
    } else if (c == ',') {
      out += "=2C";
    } else {
      out += c;
    }
  }
  return out;
}

std::string bare(const ScramClient& client) {
  return "n=" + sasl_name(client.user) + ",r=" + client.nonce;
}

constexpr std::uint64_t most_iterations = 10'000'000;  // more is no honest server

}  // namespace

ScramChallenge scram_challenge(std::string_view message) {
  ScramChallenge out;
  const std::size_t salt = message.find(",s=");
  const std::size_t count = message.find(",i=", salt == std::string_view::npos ? 0 : salt);
  if (message.substr(0, 2) != "r=" || salt == std::string_view::npos ||
      count == std::string_view::npos) {
    out.fault = "the server's first message is not r=,s=,i=";
    return out;
  }
  out.nonce = message.substr(2, salt - 2);
  out.salt = from_base64(message.substr(salt + 3, count - salt - 3));
  const std::string_view rest = message.substr(count + 3);
  out.iterations = decimal(rest.substr(0, rest.find(','))).value_or(0);
  if (out.salt.empty()) out.fault = "the salt is no base64";
  if (out.iterations == 0 || out.iterations > most_iterations) {
    out.fault = "the iteration count makes no sense";
  }
  return out;
}

std::string ScramClient::first() const { return header + bare(*this); }

std::string ScramClient::final(std::string_view server_first, std::string* server_signature) const {
  const ScramChallenge challenge = scram_challenge(server_first);
  const std::string without_proof =
      "c=" + base64(header + binding) + ",r=" + challenge.nonce + nonce_tail;
  const std::string all = bare(*this) + "," + std::string(server_first) + "," + without_proof;
  const std::string salted = stretched(digest, password, challenge);
  const std::string key = hmac(digest, salted, "Client Key");
  std::string proof = hmac(digest, hash(digest, key), all);
  for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ key[i]);
  *server_signature = hmac(digest, hmac(digest, salted, "Server Key"), all);
  return without_proof + ",p=" + base64(proof);
}

}  // namespace popcheck
