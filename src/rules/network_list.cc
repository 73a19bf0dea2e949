#include "rules/network_list.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"

namespace postern {

namespace {

std::optional<std::string> address_octets(std::string_view text) {
  const std::string name(text);
  std::string octets(16, '\0');
  if (inet_pton(AF_INET6, name.c_str(), octets.data()) == 1) return octets;
  octets.replace(10, 2, "\xff\xff");
  if (inet_pton(AF_INET, name.c_str(), octets.data() + 12) == 1) return octets;
  return std::nullopt;
}

bool shares_prefix(const std::string& a, const std::string& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (a.compare(0, whole, b, 0, whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const int shift = 8 - bits % 8;
  return (static_cast<unsigned char>(a[whole]) >> shift) ==
         (static_cast<unsigned char>(b[whole]) >> shift);
}

}  // namespace

bool NetworkList::add(std::string_view text) {
  Network network;
  network.excluded = !text.empty() && text[0] == '!';
  if (network.excluded) text.remove_prefix(1);
  const std::size_t slash = text.find('/');
  std::string address(text.substr(0, slash));
  const bool v4 = address.find(':') == std::string::npos;
  int named = 128;
  if (v4) {
    while (!address.empty() && address.back() == '.') address.pop_back();
    const auto dots = std::count(address.begin(), address.end(), '.');
    if (dots > 3 || address.empty()) return false;
    named = 96 + 8 * (static_cast<int>(dots) + 1);
    for (auto i = dots; i < 3; ++i) address += ".0";
  }
  const auto octets = address_octets(address);
  if (!octets) return false;
  network.octets = *octets;
  network.bits = named;
  if (slash != std::string_view::npos) {
    const auto bits = parse_decimal(text.substr(slash + 1));
    if (!bits || *bits > (v4 ? 32u : 128u)) return false;
    network.bits = static_cast<int>(*bits) + (v4 ? 96 : 0);
  }
  networks_.push_back(std::move(network));
  return true;
}

bool NetworkList::contains(std::string_view address) const {
  const auto octets = address_octets(address);
  if (!octets) return false;
  for (const Network& network : networks_) {
    if (shares_prefix(*octets, network.octets, network.bits)) return !network.excluded;
  }
  return false;
}

bool is_ipv4_address(std::string_view text) {
  in_addr address{};
  return inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

bool is_private_address(std::string_view address) {
  static const NetworkList networks = [] {
    NetworkList list;
    for (const char* network : {"10/8", "127/8", "169.254/16", "172.16/12", "192.168/16",
                                "100.64/10", "::1", "fe80::/10", "fc00::/7"}) {
      list.add(network);
    }
    return list;
  }();
  return networks.contains(address);
}

}  // namespace postern
