// NetworkList: addresses of `trusted_networks` and its like (Mail::SpamAssassin::Conf, "NETWORK
// TEST OPTIONS").
//
// Thread rule: const after the last add().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern {

// "10/8", "192.0.2.1", "2001:db8::/32", "10.1." with "!" in front for those that are not in it.
// The first entry that holds an address decides.
class NetworkList {
 public:
  // False when `text` is no network.
  bool add(std::string_view text);
  void clear() { networks_.clear(); }
  bool empty() const { return networks_.empty(); }
  bool contains(std::string_view address) const;

 private:
  struct Network {
    std::string octets;  // 16, IPv4 as ::ffff:a.b.c.d
    int bits = 128;
    bool excluded = false;
  };
  std::vector<Network> networks_;
};

// Of a network that nobody on the Internet has.
bool is_private_address(std::string_view address);
bool is_ipv4_address(std::string_view text);

}  // namespace postern
