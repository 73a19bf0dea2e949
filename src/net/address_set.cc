#include "net/address_set.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {
namespace {

namespace ip = boost::asio::ip;

std::string octets_of(const ip::address& address) {
  const auto copy = [](const auto& bytes) { return std::string(bytes.begin(), bytes.end()); };
  if (address.is_v4()) return copy(address.to_v4().to_bytes());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return copy(ip::make_address_v4(ip::v4_mapped, v6).to_bytes());
  return copy(v6.to_bytes());
}

std::string masked(std::string octets, unsigned bits) {
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const auto first = static_cast<unsigned>(i * 8);
    const unsigned kept = bits <= first ? 0 : std::min(8u, bits - first);
    octets[i] = static_cast<char>(static_cast<unsigned char>(octets[i]) & (0xFF00u >> kept));
  }
  return octets;
}

}  // namespace

Result<AddressSet> AddressSet::parse(std::span<const std::string> texts) {
  AddressSet set;
  for (const std::string& text : texts) {
    if (text == "unix") {
      set.unix_sockets_ = true;
      continue;
    }
    const std::size_t slash = text.find('/');
    boost::system::error_code code;
    const ip::address address = ip::make_address(text.substr(0, slash), code);
    const std::string octets = octets_of(address);
    const auto bits = slash == std::string::npos
                          ? octets.size() * 8
                          : parse_decimal(std::string_view(text).substr(slash + 1));
    if (code || !bits || *bits > octets.size() * 8) {
      return Error(Errc::configuration,
                   "'" + text +
                       "' is no address or network; write 192.0.2.1, 192.0.2.0/24, "
                       "2001:db8::/32 or unix");
    }
    const auto count = static_cast<unsigned>(*bits);
    set.networks_.push_back({masked(octets, count), count});
  }
  return set;
}

bool AddressSet::contains(const std::optional<ip::address>& address) const {
  if (!address) return unix_sockets_;
  const std::string octets = octets_of(*address);
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    return network.prefix.size() == octets.size() && masked(octets, network.bits) == network.prefix;
  });
}

}  // namespace postern
