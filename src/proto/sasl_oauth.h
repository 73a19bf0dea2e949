// Bearer tokens in SASL: OAUTHBEARER (RFC 7628) and Google's XOAUTH2.
//
// Thread rule: free functions, safe from any thread; a server belongs to one.
#pragma once

#include "proto/sasl.h"

namespace postern {

struct OAuthMessage {
  std::string user;   // XOAUTH2 "user=", OAUTHBEARER's "a="; may be empty in the latter
  std::string token;  // behind "Bearer "
  std::string host;   // OAUTHBEARER alone, may be empty
  std::string port;   //
};

// Nothing for what is malformed or has no bearer token.
std::optional<OAuthMessage> parse_oauthbearer(std::string_view message);
std::optional<OAuthMessage> parse_xoauth2(std::string_view message);

class OAuthServer final : public SaslServer {
 public:
  enum class Form { oauthbearer, xoauth2 };
  explicit OAuthServer(Form form) : form_(form) {}

  SaslStep respond(std::string_view response) override;
  std::optional<std::string> refusal() const override;

 private:
  const Form form_;
};

}  // namespace postern
