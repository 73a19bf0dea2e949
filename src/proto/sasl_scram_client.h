// SCRAM-SHA-1, SCRAM-SHA-256 (RFC 5802, RFC 7677) and their -PLUS forms with tls-exporter
// (RFC 9266) or tls-server-end-point (RFC 5929): the client's side.
//
// Thread rule: one thread at a time.
#pragma once

#include "proto/sasl_client.h"

namespace postern {

class SaslScramClient final : public SaslClient {
 public:
  struct Binding {
    std::string flag;  // "n", "y", "p=tls-exporter" (RFC 5802 section 7)
    std::string octets{};
  };
  // Nothing when the connection cannot be bound and must be.
  static std::optional<Binding> choose_binding(const SaslSecurity& security, bool plus,
                                               bool plus_listed);

  // More iterations than this are a server that wants to keep us busy.
  static constexpr unsigned most_iterations = 1'000'000;

  // The credentials must outlive it; `random` becomes the nonce.
  SaslScramClient(ScramHash hash, const SaslCredentials& credentials, Binding binding,
                  std::string_view random);

  std::optional<std::string> initial_response() override;
  Result<std::string> respond(std::string_view challenge) override;
  Result<void> finish() override;
  bool is_dear() const override { return awaited_ == Awaited::server_first; }

 private:
  enum class Awaited { nothing_yet, server_first, server_final, end };

  Result<std::string> on_server_first(std::string_view message);
  Result<std::string> on_server_final(std::string_view message);

  const ScramHash hash_;
  const SaslCredentials& credentials_;
  const std::string header_;   // gs2-header
  const std::string binding_;  // octets
  const std::string nonce_;
  const std::string first_bare_;
  Awaited awaited_ = Awaited::nothing_yet;
  std::string server_signature_;
};

// "a,b" as "a=2Cb" (RFC 5802 section 5.1).
std::string encode_sasl_name(std::string_view name);

}  // namespace postern
