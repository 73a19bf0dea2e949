// SASL (RFC 4422), the client's side: one exchange of one mechanism, without base64, without a
// socket: PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM-SHA-1 and -256 with and without
// channel binding (RFC 5802, 7677, 5929, 9266), OAUTHBEARER (RFC 7628) and XOAUTH2.
//
// Thread rule: one thread at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/sasl.h"

namespace postern {

// Who wants to log in, and with what. Wiped when it goes.
struct SaslCredentials {
  SaslCredentials() = default;
  SaslCredentials(const SaslCredentials&) = default;
  SaslCredentials(SaslCredentials&&) = default;
  SaslCredentials& operator=(const SaslCredentials&) = default;
  SaslCredentials& operator=(SaslCredentials&&) = default;
  ~SaslCredentials();

  std::string user;
  std::string on_behalf_of;  // the authorization identity; empty: the user's own
  std::string password;      // empty: none
  // The password by SASLprep, for SCRAM; empty: it is the same.
  std::string prepared_password;
  std::string token;  // a bearer token; empty: none
};

// What mechanisms want to know of the connection.
struct SaslTarget {
  std::string host;  // OAUTHBEARER names the server
  std::string port;
  const SaslSecurity& security;  // must outlive the exchange
};

class SaslClient {
 public:
  virtual ~SaslClient() = default;

  // What is said unasked; nothing where the server begins.
  virtual std::optional<std::string> initial_response() { return std::nullopt; }
  // The answer to a challenge. Errc::authentication when it says that the login is refused,
  // bad_data when it breaks the mechanism's rules.
  virtual Result<std::string> respond(std::string_view challenge) = 0;
  // Whether the server may now say that the login succeeded: SCRAM's has to prove itself first.
  virtual Result<void> finish() { return {}; }
  // The next respond() costs milliseconds or more.
  virtual bool is_dear() const { return false; }
  // True as long as no success can be meant by what the server says.
  virtual bool has_more_to_say() const { return false; }
};

// Null for a mechanism that is unknown or cannot work with what there is. The credentials must
// outlive the exchange. `plus_listed`: the server lists the -PLUS form, too (RFC 5802 section 6).
std::unique_ptr<SaslClient> make_sasl_client(std::string_view mechanism,
                                             const SaslCredentials& credentials,
                                             const SaslTarget& target, bool plus_listed);

}  // namespace postern
