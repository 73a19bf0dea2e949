#include "proto/proxy_header.h"

#include <arpa/inet.h>

#include <array>
#include <vector>

#include "base/ascii.h"

namespace postern {
namespace {

// Section 2.2: can begin no line of any text protocol.
constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view line_start = "PROXY ";
constexpr std::size_t longest_line = 107;  // section 2.1, with CRLF
constexpr std::size_t fixed_size = 16;     // section 2.2: signature, version, family, length
constexpr std::size_t longest_rest = 2048;

// Section 2.2, the values of octets 13 and 14.
constexpr unsigned version_2 = 0x2;
constexpr unsigned command_local = 0x0;
constexpr unsigned command_proxy = 0x1;
constexpr unsigned tcp_over_v4 = 0x11;
constexpr unsigned tcp_over_v6 = 0x21;
// Sections 2.2.6 and 2.2.7.
constexpr unsigned extension_tls = 0x20;
constexpr unsigned client_tls_bit = 0x01;

unsigned octet(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint16_t number16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(octet(bytes, at) << 8U | octet(bytes, at + 1));
}

std::string address_text(int family, std::string_view octets) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, octets.data(), text.data(), text.size());
  return text.data();
}

// The address as everybody writes it; empty when it is none of that family.
std::string checked_address(int family, std::string_view text) {
  std::array<char, 16> octets{};
  if (::inet_pton(family, std::string(text).c_str(), octets.data()) != 1) return "";
  return address_text(family, {octets.data(), octets.size()});
}

}  // namespace

std::size_t ProxyHeader::wanted() const {
  switch (stage_) {
    // The shortest line has 15 octets, so it cannot end before the two versions differ.
    case Stage::start: return signature.size() - octets_.size();
    case Stage::line: return 1;
    case Stage::fixed: return fixed_size - octets_.size();
    case Stage::rest: return size_ - octets_.size();
    case Stage::done:
    case Stage::bad: break;
  }
  return 0;
}

Result<void> ProxyHeader::fail(const char* why) {
  stage_ = Stage::bad;
  return Error(Errc::bad_data, std::string("no PROXY header: ") + why);
}

Result<void> ProxyHeader::feed(std::string_view bytes) {
  if (stage_ == Stage::bad) return fail("the connection began with something else");
  octets_ += bytes.substr(0, wanted());
  if (stage_ == Stage::start) {
    const std::string_view line = line_start.substr(0, octets_.size());
    const std::string_view binary = signature.substr(0, octets_.size());
    const std::string_view begun = octets_;
    const bool is_line = begun.substr(0, line.size()) == line;
    if (!is_line && begun != binary) return fail("the connection begins with something else");
    if (begun.size() == signature.size()) stage_ = is_line ? Stage::line : Stage::fixed;
    return {};
  }
  if (stage_ == Stage::line) {
    if (octets_.back() == '\n') return take_line();
    if (octets_.size() >= longest_line) return fail("a line too long");
    return {};
  }
  if (wanted() != 0) return {};
  if (stage_ == Stage::fixed) return take_fixed();
  take_rest();
  return {};
}

// Section 2.1: "PROXY TCP4 192.0.2.1 192.0.2.2 5678 110\r\n".
Result<void> ProxyHeader::take_line() {
  std::string_view line = octets_;
  if (line.size() < 2 || line[line.size() - 2] != '\r')
    return fail("a line that does not end in CRLF");
  line.remove_suffix(2);
  const std::vector<std::string_view> words = split(line, ' ');
  if (words.size() >= 2 && words[1] == "UNKNOWN") {
    stage_ = Stage::done;
    return {};
  }
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) {
    return fail("a line of another form");
  }
  const bool v6 = words[1] == "TCP6";
  const int family = v6 ? AF_INET6 : AF_INET;
  std::string address = checked_address(family, words[2]);
  const auto port = parse_decimal(words[4]);
  const auto our_port = parse_decimal(words[5]);
  if (address.empty() || checked_address(family, words[3]).empty() || !port || *port > 65535 ||
      !our_port || *our_port > 65535) {
    return fail("a line with an address or port that is none");
  }
  source_ = Source{std::move(address), static_cast<std::uint16_t>(*port), v6};
  stage_ = Stage::done;
  return {};
}

Result<void> ProxyHeader::take_fixed() {
  const unsigned command = octet(octets_, 12) & 15U;
  if (octet(octets_, 12) >> 4U != version_2 ||
      (command != command_local && command != command_proxy)) {
    return fail("a version or command that is not known");
  }
  const std::size_t rest = number16(octets_, 14);
  if (rest > longest_rest) return fail("a header too long");
  size_ = fixed_size + rest;
  stage_ = Stage::rest;
  if (rest == 0) take_rest();
  return {};
}

// Section 2.2: addresses, ports, extensions. Families that are not TCP say nothing to us.
void ProxyHeader::take_rest() {
  stage_ = Stage::done;
  if ((octet(octets_, 12) & 15U) == command_local) return;
  const std::string_view rest = std::string_view(octets_).substr(fixed_size);
  const unsigned family = octet(octets_, 13);
  const bool v6 = family == tcp_over_v6;
  if (!v6 && family != tcp_over_v4) return;
  const std::size_t length = v6 ? 16 : 4;
  if (rest.size() < 2 * length + 4) return;
  source_ = Source{address_text(v6 ? AF_INET6 : AF_INET, rest.substr(0, length)),
                   number16(rest, 2 * length), v6};
  take_extensions(rest.substr(2 * length + 4));
}

// Type, two octets of length, value; the value of the TLS one begins with bits about the client.
void ProxyHeader::take_extensions(std::string_view extensions) {
  while (extensions.size() >= 3) {
    const unsigned type = octet(extensions, 0);
    const std::size_t length = number16(extensions, 1);
    extensions.remove_prefix(3);
    if (length > extensions.size()) return;
    if (type == extension_tls && length >= 1) {
      client_used_tls_ = (octet(extensions, 0) & client_tls_bit) != 0;
    }
    extensions.remove_prefix(length);
  }
}

}  // namespace postern
