// Base64 as protocols want it (RFC 4648 section 4): strict, with padding, no line ends.
// mail/transfer.h has the lenient decoder for messages.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

std::string base64_encode(std::string_view octets);

// Nothing for a foreign character, missing padding, or bits behind the last octet that are not 0.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace postern
