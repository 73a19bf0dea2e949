// Authentication-Results (RFC 8601): what a receiving server says of SPF, DKIM and DMARC.
//
// Such a field says the truth only when a server that we trust wrote it: whoever sends a message
// may write one, too. Plain values and free functions; parsing is linear in the field.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mail/content.h"

namespace postern {

// One "method=result ptype.property=value ..." (RFC 8601 section 2.2, resinfo).
struct AuthResult {
  std::string method;  // "dkim"; lower case
  std::string result;  // "pass"; lower case
  struct Property {
    std::string name;  // "header.d"; lower case
    std::string value;
  };
  std::vector<Property> properties;
};

struct AuthResults {
  std::string authserv_id;  // who says so
  std::vector<AuthResult> results;
};

// The value of a field, folds as white space; nothing when it is none. QUIRK: what is not
// understood between two semicolons is left out, and the rest is read.
std::optional<AuthResults> parse_auth_results(std::string_view value);

// The results that one of `trusted` (authserv-ids; case does not matter) wrote when it received
// the message: fields bearing such an id from the top down, until a Received field stands below
// one of them. Those further down came with the message (RFC 8601 section 5 has the server remove
// them; this does not rely on it).
std::vector<AuthResult> trusted_auth_results(const Content& content,
                                             std::span<const std::string> trusted);

// What vouches for `domain` (lower case) as the domain of From: dmarc=pass for it, dkim=pass or
// spf=pass for it or a domain above it. "dkim=pass header.d=example.org"; empty when nothing does.
std::string authenticated_by(std::string_view domain, std::span<const AuthResult> results);

}  // namespace postern
