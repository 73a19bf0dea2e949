// SCRAM-SHA-1, SCRAM-SHA-256 (RFC 5802, RFC 7677) and their -PLUS forms with tls-exporter
// (RFC 9266) or tls-server-end-point (RFC 5929): the server's side.
//
// Thread rule: one thread at a time.
#pragma once

#include "proto/sasl.h"

namespace postern {

class ScramServer final : public SaslServer {
 public:
  struct Setting {
    ScramHash hash = ScramHash::sha256;
    bool plus = false;          // this is the mechanism with channel binding
    bool plus_offered = false;  // the session offers that, too: see RFC 5802 section 6
    std::string nonce;          // the server's part; printable, without a comma
  };
  // The security must outlive it.
  ScramServer(Setting setting, const SaslSecurity& security);
  ~ScramServer() override;

  SaslStep respond(std::string_view response) override;
  SaslStep on_keys(const ScramCandidates& candidates) override;

 private:
  enum class Awaited { first, keys, final, acknowledgement, nothing };

  SaslStep fail(const char* why);
  SaslStep on_first(std::string_view message);
  SaslStep on_final(std::string_view message);
  // The octets that bind to the channel, if the client's flag may be what it is.
  std::optional<std::string> binding_of(std::string_view flag) const;

  const Setting setting_;
  const SaslSecurity& security_;
  Awaited awaited_ = Awaited::first;
  std::string expected_binding_;  // of the client's last message: base64 of header and octets
  std::string nonce_;             // both parts
  std::string messages_;          // of AuthMessage, as far as they are known
  ScramCandidates candidates_;
  LoginRequest request_;
};

// "a=2Cb" and so on (RFC 5802 section 5.1); nothing when malformed or empty.
std::optional<std::string> decode_sasl_name(std::string_view text);

}  // namespace postern
