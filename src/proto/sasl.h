// SASL (RFC 4422), the server's side: one exchange of one mechanism, without base64, without a
// socket.
//
// The owner starts with begin(), hands each answer of the client to respond(), and does what the
// step says:
//   SaslChallenge -> send it, then respond() to what the client answers
//   SaslLookup    -> find the user's SCRAM keys, then on_keys()
//   SaslFailure   -> refuse; the client broke the protocol
//   LoginRequest  -> the exchange is over; it is for the owner to believe it or not
// The octets are a client's, so anything may come: every mechanism refuses what it cannot read.
//
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "proto/login_request.h"

namespace postern {

struct SaslChallenge {
  std::string octets;
};
struct SaslLookup {
  std::string user;
  ScramHash hash;
};
struct SaslFailure {
  std::string why;  // printable ASCII, for the client
};
using SaslStep = std::variant<SaslChallenge, SaslLookup, SaslFailure, LoginRequest>;

class SaslServer {
 public:
  virtual ~SaslServer() = default;

  // With the initial response, if the client sent one. Most mechanisms begin with the client: one
  // that sent nothing is asked by an empty challenge.
  virtual SaslStep begin(std::optional<std::string_view> initial_response) {
    if (initial_response) return respond(*initial_response);
    return SaslChallenge{};
  }
  virtual SaslStep respond(std::string_view response) = 0;
  // Only after SaslLookup.
  virtual SaslStep on_keys(const ScramCandidates&) { return SaslFailure{"unexpected"}; }
  // What is told to a client whose LoginRequest was refused, before the refusal; the client's
  // answer to it says nothing. Most mechanisms have nothing to tell.
  virtual std::optional<std::string> refusal() const { return std::nullopt; }
};

// What the session's TLS knows; all empty in the clear.
struct SaslSecurity {
  std::string tls_exporter;          // channel bindings (RFC 9266, RFC 5929); empty: not to be had
  std::string tls_server_end_point;  //
  // Names that a client certificate proves, the first being the default; without one none.
  std::vector<std::string> identities;

  bool binds() const { return !tls_exporter.empty() || !tls_server_end_point.empty(); }
};

// What is offered in a session, and with what.
struct SaslOffer {
  LoginMethods methods;
  bool passwords = false;  // may cross the connection
  const SaslSecurity& security;
};

// Names of the mechanisms that work, strongest first, as RFC 5034 lists them.
std::vector<std::string_view> sasl_mechanisms(const SaslOffer& offer);

// Null for a mechanism that is unknown or not offered; the name's case does not matter. The
// security must outlive the server.
std::unique_ptr<SaslServer> make_sasl_server(std::string_view mechanism, const SaslOffer& offer);

// A challenge that never comes twice: "<RANDOM@postern>", in the form of a Message-ID as RFC 1939
// section 7 and RFC 2195 section 2 ask.
std::string fresh_challenge();

}  // namespace postern
