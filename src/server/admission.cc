#include "server/admission.h"

#include "server/proxied_peer.h"

namespace postern {
namespace {

namespace asio = boost::asio;

constexpr std::string_view banned =
    "-ERR [SYS/TEMP] too many wrong logins from your address, try again later\r\n";
constexpr std::string_view surplus =
    "-ERR [SYS/TEMP] too many connections from your address, try again later\r\n";

// A class, because g++ 12 warns of mismatched operators where it inlines coroutines that are
// functions.
class Admission {
 public:
  Admission(Stream& stream, const Pop3Service& service, Pop3Connection& connection)
      : stream_(stream), service_(service), connection_(connection) {}

  // Who really connects, where a proxy says so; false when it should have said so and did not.
  asio::awaitable<bool> learn_peer() {
    if (!service_.options.trusted_proxies.contains(stream_.peer_address())) co_return true;
    stream_.expire_after(service_.options.login_timeout);
    const Result<ProxiedPeer> peer = co_await read_proxy_header(stream_);
    if (!peer) {
      service_.logger.warning("proxy-failed", {{"session", connection_.number},
                                               {"peer", stream_.peer()},
                                               {"why", peer.error().detail}});
      co_return false;
    }
    connection_.tls_at_proxy = peer->used_tls;
    co_return true;
  }

  // True when its address has too many connections already.
  asio::awaitable<bool> turn_surplus_away() {
    if (service_.connections == nullptr) co_return false;
    Result<ConnectionLimit::Place> place = service_.connections->take(stream_.peer());
    if (place) {
      connection_.place = std::move(*place);
      co_return false;
    }
    co_await refuse(surplus, place.error().detail);
    co_return true;
  }

  asio::awaitable<bool> turn_banned_away() {
    LoginGuard* const guard = service_.guard;
    if (guard == nullptr || !guard->may_be_banned(stream_.peer())) co_return false;
    const asio::any_io_executor home = stream_.executor();
    co_await service_.workers.enter();
    const bool refused = guard->is_banned(stream_.peer());
    co_await resume_on(home);
    if (!refused) co_return false;
    co_await refuse(banned, "banned");
    co_return true;
  }

  asio::awaitable<LoginMethods> methods() {
    const std::optional<LoginMethods> known = service_.provider.known_methods();
    if (known) co_return *known;
    const asio::any_io_executor home = stream_.executor();
    co_await service_.workers.enter();
    const LoginMethods found = service_.provider.find_methods();
    co_await resume_on(home);
    co_return found;
  }

 private:
  // Under TLS the connection just ends: a handshake would cost more than the answer is worth.
  asio::awaitable<void> refuse(std::string_view answer, std::string why) {
    service_.logger.info("turned-away",
                         {{"session", connection_.number}, {"peer", stream_.peer()}, {"why", why}});
    if (connection_.implicit_tls) co_return;
    stream_.expire_after(std::chrono::seconds(5));
    co_await stream_.write(answer);
  }

  Stream& stream_;
  const Pop3Service& service_;
  Pop3Connection& connection_;
};

}  // namespace

asio::awaitable<std::optional<LoginMethods>> admit(Stream& stream, const Pop3Service& service,
                                                   Pop3Connection& connection) {
  Admission admission(stream, service, connection);
  const bool named = co_await admission.learn_peer();
  if (!named) co_return std::nullopt;
  const bool surplus_one = co_await admission.turn_surplus_away();
  if (surplus_one) co_return std::nullopt;
  const bool refused = co_await admission.turn_banned_away();
  if (refused) co_return std::nullopt;
  const LoginMethods methods = co_await admission.methods();
  co_return methods;
}

}  // namespace postern
