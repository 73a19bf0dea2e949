// URLs as they stand in mail: what host would a click go to?
//
// Follows the WHATWG URL Standard's parser where it decides the host, because that is what
// browsers do with tricks. Pure functions; any octets are welcome.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

// "http" of "HTTP://x"; lower case; empty when the address has none.
std::string url_scheme(std::string_view url);

// The host in lower case, without user, port and trailing dot; empty when there is none.
// Understands "//host", "\" for "/", user@host, percent-encoding, tabs and line ends inside,
// fullwidth letters and dots, and IPv4 addresses in decimal, octal or hexadecimal, whole or by
// parts ("0x7f.1" is "127.0.0.1"). For mailto: it is the domain. Punycode stays as it is.
std::string url_host(std::string_view url);

// The dotted form of what a browser takes for an IPv4 address, or nullopt.
std::optional<std::string> ipv4_host(std::string_view host);

// The part of a host under which anybody can register: "b.co.uk" of "a.b.co.uk". A view into
// `host`. An approximation: it knows common two-label suffixes, not the whole public suffix list.
// An IPv4 address is its own.
std::string_view registrable_domain(std::string_view host);

}  // namespace postern
