// Dialer: connections to other servers, by name or address.
//
// A server's name is given by an administrator, or by a user within limits that an administrator
// set; what it resolves to is up to whoever runs its DNS. So addresses that are not of the public
// Internet (this machine, private networks, link-local, multicast: RFC 6890) are never connected to
// unless they were allowed: nobody shall reach through us what only we can reach.
//
// Thread rule: safe from any thread; a dial runs on the executor of the coroutine that awaits it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/address_set.h"
#include "net/stream.h"

namespace postern {

// Whether the address is of the public Internet. One that stands for another (IPv4 in IPv6, NAT64)
// counts as that; tunnels (6to4, Teredo) do not.
bool is_public_address(const boost::asio::ip::address& address);

class Dialer {
 public:
  struct Setting {
    // Addresses that may be connected to although they are not public.
    AddressSet allowed{};
    std::chrono::milliseconds timeout{10'000};  // for all addresses of a host together
    std::chrono::seconds remember{30};          // what a name resolved to
  };

  explicit Dialer(Setting setting) : setting_(std::move(setting)) {}

  // `host` is a DNS name or an address. Each of its addresses is tried in turn. The error says
  // where it failed: Errc::configuration when no address may be connected to, else unavailable.
  boost::asio::awaitable<Result<std::unique_ptr<Stream>>> dial(std::string host,
                                                               std::uint16_t port);

 private:
  using Addresses = std::vector<boost::asio::ip::address>;
  struct Known {
    Addresses addresses;
    std::chrono::steady_clock::time_point until;
  };

  boost::asio::awaitable<Result<Addresses>> resolve(std::string host);
  Addresses find_known(const std::string& host);
  void remember(const std::string& host, const Addresses& addresses);

  const Setting setting_;
  std::mutex mutex_;  // guards what follows
  std::map<std::string, Known> known_;
};

}  // namespace postern
