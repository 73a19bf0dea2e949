// ScramClient: the client's side of SCRAM, enough to test the server's.
#pragma once

#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/scram.h"

namespace postern {

class ScramClient {
 public:
  // `flag` is the channel binding flag ("n", "y", "p=..."), `binding` its octets.
  ScramClient(ScramHash hash, std::string user, std::string password, std::string flag = "n",
              std::string binding = "")
      : hash_(hash),
        password_(std::move(password)),
        header_(std::move(flag) + ",,"),
        binding_(std::move(binding)),
        first_bare_("n=" + std::move(user) + ",r=abcdefghijklmnop") {}

  std::string first() const { return header_ + first_bare_; }

  // The answer to the server's first message.
  std::string final(const std::string& server_first) {
    const std::size_t salt_at = server_first.find(",s=") + 3;
    const std::size_t count_at = server_first.find(",i=");
    const std::string nonce = server_first.substr(2, salt_at - 5);
    const std::string salt = *base64_decode(server_first.substr(salt_at, count_at - salt_at));
    const auto iterations = static_cast<unsigned>(std::stoul(server_first.substr(count_at + 3)));
    const std::string without_proof = "c=" + base64_encode(header_ + binding_) + ",r=" + nonce;
    const std::string message = first_bare_ + "," + server_first + "," + without_proof;

    const HashKind kind = hash_kind(hash_);
    const std::string salted = pbkdf2(kind, password_, salt, iterations);
    std::string proof = hmac(kind, salted, "Client Key");
    const std::string signature = hmac(kind, digest(kind, proof), message);
    for (std::size_t i = 0; i < proof.size(); ++i) {
      proof[i] = static_cast<char>(proof[i] ^ signature[i]);
    }
    server_signature_ = base64_encode(hmac(kind, hmac(kind, salted, "Server Key"), message));
    return without_proof + ",p=" + base64_encode(proof);
  }

  // What the server must say at last, after final().
  std::string expected() const { return "v=" + server_signature_; }

 private:
  ScramHash hash_;
  std::string password_;
  std::string header_;
  std::string binding_;
  std::string first_bare_;
  std::string server_signature_;
};

}  // namespace postern
