// LoginRequest: who wants to log in, and what was shown to prove it.
//
// Thread rule: a value.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/scram.h"

namespace postern {

// USER/PASS, SASL PLAIN and LOGIN.
struct PasswordProof {
  std::string password;
};

// APOP (RFC 1939 section 7): MD5 of challenge and secret. CRAM-MD5 (RFC 2195): HMAC-MD5 of the
// challenge under the secret. In lower-case hexadecimal.
struct DigestProof {
  enum class Kind { apop, cram_md5 };
  Kind kind;
  std::string challenge;
  std::string digest;
};

// The mechanism itself has settled it: SCRAM by the keys that were looked up, EXTERNAL by TLS.
struct SettledProof {
  bool proven = false;
  std::string device;  // whose password it was; empty: the main one
};

// OAUTHBEARER and XOAUTH2.
struct BearerProof {
  std::string token;
};

struct LoginRequest {
  std::string user;
  // Whose maildrop is to be opened (SASL's authorization identity); empty: the user's own.
  std::string on_behalf_of;
  std::variant<PasswordProof, DigestProof, SettledProof, BearerProof> proof;
};

// What of the ways to log in the accounts can serve. Which of them a session offers depends on its
// connection, too.
struct LoginMethods {
  bool scram_sha_1 = false;    // every user has keys for it
  bool scram_sha_256 = false;  // the same
  bool digests = false;        // APOP and CRAM-MD5: some user has a recoverable secret
  bool bearer = false;         // tokens can be checked
};

// The keys of a user, one pair for each password; all passwords of a user share the salt, because
// it is sent before anybody knows which of them will be used. For a user that does not exist:
// keys that nothing proves, with a salt that stays the same.
struct ScramCandidates {
  struct Keys {
    std::string stored_key;
    std::string server_key;
    std::string device;  // as in SettledProof
  };
  std::string salt;
  unsigned iterations = scram_iterations;
  std::vector<Keys> keys;
};

}  // namespace postern
