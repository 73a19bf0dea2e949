// Passwords as other servers write them down: "{SCHEME}data", the form of Dovecot and of LDAP.
//
// Known: PLAIN, CLEARTEXT; CRYPT, SHA256-CRYPT, SHA512-CRYPT, MD5-CRYPT, BLF-CRYPT (by crypt(3));
// MD5, SHA, SHA1, SHA256, SHA512 and SSHA, SSHA256, SSHA512, SMD5; SCRAM-SHA-1, SCRAM-SHA-256.
// ".HEX", ".B64" and ".BASE64" behind the name say how data is written.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/scram.h"

namespace postern {

struct SchemedPassword {
  std::string scheme;  // upper case, without the way of writing
  std::string data;    // decoded where the scheme is about octets
};

// Nothing when there is no "{SCHEME}" in front, or when the data is not what the scheme wants.
std::optional<SchemedPassword> parse_schemed_password(std::string_view stored);

// Compared in constant time; false for a scheme that is not known.
bool verify_schemed_password(std::string_view password, const SchemedPassword& stored);

// The keys of "{SCRAM-SHA-256}4096,SALT,STORED,SERVER".
std::optional<ScramKeys> scram_keys_of(const SchemedPassword& stored, ScramHash hash);

// "{SSHA256}..." with a fresh salt: only for random passwords that nobody can guess.
std::string salted_sha256_password(std::string_view password);

}  // namespace postern
