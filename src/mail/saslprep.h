// SASLprep (RFC 4013): names and passwords in one form, however they were typed. By ICU, which is
// why it lives here.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// The prepared form of UTF-8 text. Characters that RFC 4013 forbids, and octets that are no UTF-8,
// leave it as it is: people have such passwords, and they must go on working. QUIRK: characters
// that Unicode 3.2 did not know (emoji) are allowed.
std::string saslprep(std::string_view text);

}  // namespace postern
