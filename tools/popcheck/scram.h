// The client's side of SCRAM (RFC 5802, RFC 7677), a message at a time, without a socket.
//
// Written for the check alone, like reply.h. Thread rule: values.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace popcheck {

// What the server's first message says; `fault` when it is no such message.
struct ScramChallenge {
  std::string nonce;
  std::string salt;
  std::uint64_t iterations = 0;
  std::string fault;
};

ScramChallenge scram_challenge(std::string_view message);

struct ScramClient {
  const EVP_MD* digest = nullptr;
  std::string user;
  std::string password;
  std::string nonce;    // printable, without comma
  std::string header;   // the GS2 header: "n,,", "y,,", "p=tls-exporter,,"
  std::string binding;  // what the channel is bound to, behind "p="

  std::string nonce_tail;  // appended to the nonce of the final message, which is wrong

  std::string first() const;  // with the header
  // The final message for the server's first, and the signature that the server must answer with.
  std::string final(std::string_view server_first, std::string* server_signature) const;
};

}  // namespace popcheck
