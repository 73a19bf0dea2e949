#include "net/dialer.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern {
namespace {

namespace asio = boost::asio;
namespace ip = asio::ip;
using SteadyClock = std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_known = 1024;

// Only for lists that are sound.
AddressSet networks(const std::vector<std::string>& texts) { return *AddressSet::parse(texts); }

bool is_public_v4(const ip::address_v4& address) {
  static const AddressSet special = networks(
      {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
       "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
       "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"});
  return !special.contains(ip::address(address));
}

// A socket that is being connected, and the clock that ends that.
struct Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(const asio::any_io_executor& executor, SteadyClock::duration span)
      : socket(executor), timer(executor, span) {}

  void watch() {
    timer.async_wait([self = shared_from_this()](boost::system::error_code code) {
      if (code || self->done) return;
      self->expired = true;
      boost::system::error_code ignored;
      self->socket.close(ignored);
    });
  }

  Stream::Socket socket;
  asio::steady_timer timer;
  bool done = false;
  bool expired = false;
};

// Empty when the address cannot be connected to; `why` says why not.
asio::awaitable<std::unique_ptr<Stream>> connect(ip::tcp::endpoint endpoint,
                                                 SteadyClock::duration span, std::string& why) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto attempt = std::make_shared<Attempt>(executor, span);
  attempt->watch();
  const Stream::Socket::endpoint_type target(endpoint);
  const auto [code] = co_await attempt->socket.async_connect(target, as_result);
  attempt->done = true;
  attempt->timer.cancel();
  if (code || attempt->expired) {
    why = attempt->expired ? "no answer in time" : code.message();
    co_return nullptr;
  }
  co_return std::make_unique<Stream>(std::move(attempt->socket));
}

}  // namespace

bool is_public_address(const ip::address& address) {
  if (address.is_v4()) return is_public_v4(address.to_v4());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_v4_mapped()) return is_public_v4(ip::make_address_v4(ip::v4_mapped, v6));
  static const AddressSet translated = networks({"64:ff9b::/96"});
  if (translated.contains(address)) {
    const auto octets = v6.to_bytes();
    return is_public_v4(ip::address_v4({octets[12], octets[13], octets[14], octets[15]}));
  }
  // RFC 4291 section 2.4: whatever is global and names one host is in 2000::/3.
  static const AddressSet global = networks({"2000::/3"});
  static const AddressSet special =
      networks({"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"});
  return global.contains(address) && !special.contains(address);
}

Dialer::Addresses Dialer::find_known(const std::string& host) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(host);
  if (found == known_.end() || SteadyClock::now() >= found->second.until) return {};
  return found->second.addresses;
}

void Dialer::remember(const std::string& host, const Addresses& addresses) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= most_known) known_.clear();
  known_[host] = {addresses, SteadyClock::now() + setting_.remember};
}

asio::awaitable<Result<Dialer::Addresses>> Dialer::resolve(std::string host) {
  boost::system::error_code no_address;
  const ip::address literal = ip::make_address(host, no_address);
  if (!no_address) co_return Addresses(1, literal);
  Addresses addresses = find_known(host);
  if (!addresses.empty()) co_return addresses;
  ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto [code, found] = co_await resolver.async_resolve(host, "", as_result);
  if (code) co_return Error(Errc::unavailable, "the name " + host + ": " + code.message());
  for (const auto& one : found) addresses.push_back(one.endpoint().address());
  remember(host, addresses);
  co_return addresses;
}

asio::awaitable<Result<std::unique_ptr<Stream>>> Dialer::dial(std::string host,
                                                              std::uint16_t port) {
  const auto deadline = SteadyClock::now() + setting_.timeout;
  Result<Addresses> resolved = co_await resolve(host);
  if (!resolved) co_return resolved.error();
  Addresses usable = std::move(*resolved);
  std::erase_if(usable, [&](const ip::address& one) {
    return !is_public_address(one) && !setting_.allowed.contains(one);
  });
  if (usable.empty()) {
    co_return Error(Errc::configuration,
                    host +
                        " has no address of the public Internet; if it is meant to be inside, "
                        "allow its network by upstream_network");
  }
  std::string why = "no time left";
  for (std::size_t i = 0; i < usable.size(); ++i) {
    const auto left = deadline - SteadyClock::now();
    if (left <= SteadyClock::duration::zero()) break;
    // Each gets its share, so that one that does not answer leaves time for the others.
    const auto share = left / static_cast<std::int64_t>(usable.size() - i);
    const ip::tcp::endpoint endpoint(usable[i], port);
    std::unique_ptr<Stream> stream = co_await connect(endpoint, share, why);
    if (stream) co_return stream;
  }
  co_return Error(Errc::unavailable, host + " port " + std::to_string(port) + ": " + why);
}

}  // namespace postern
