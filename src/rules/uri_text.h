// Addresses of links as `uri` rules see them: found in text, and each in the forms that a mail
// program might open.
//
// Pure functions, linear in the text. Any octets are welcome.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/top_domains.h"

namespace postern {

constexpr std::size_t longest_uri = 8192;

// `uri` against `base` (RFC 3986 section 5.2); without a base "//www.a.example" becomes http.
std::string resolved_uri(std::string_view base, std::string_view uri);

// Appends the addresses that a mail program would make links of in a line: with a scheme, with
// "www." or "ftp." in front, mailboxes (as mailto:), and names of hosts.
void find_text_uris(std::string_view line, const TopDomains& domains,
                    std::vector<std::string>& found);

// Appends the address and what it stands for: percents and references decoded, the user name and
// the default port dropped, numbers as IPv4 addresses, the target of a redirector.
void append_canonical_uris(std::string_view uri, const TopDomains& domains,
                           std::vector<std::string>& forms);

}  // namespace postern
