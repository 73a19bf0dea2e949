// AddressSet: hosts and networks, as configuration names them.
//
// Thread rule: const after parse().
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace postern {

class AddressSet {
 public:
  // Each "192.0.2.1", "192.0.2.0/24", "2001:db8::/32", or "unix" for whoever comes by a Unix
  // socket.
  static Result<AddressSet> parse(std::span<const std::string> texts);

  // Nothing stands for a peer on a Unix socket. IPv4 addresses in IPv6 form count as IPv4.
  bool contains(const std::optional<boost::asio::ip::address>& address) const;
  bool empty() const { return networks_.empty() && !unix_sockets_; }

 private:
  struct Network {
    std::string prefix;  // octets of the address, zero behind `bits`
    unsigned bits;
  };
  std::vector<Network> networks_;
  bool unix_sockets_ = false;
};

}  // namespace postern
