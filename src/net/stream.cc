#include "net/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "net/channel.h"

namespace postern {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
using Outcome = ChannelStep::Outcome;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct Peer {
  asio::ip::address address;
  std::uint16_t port = 0;
};

// Nothing for a Unix socket.
std::optional<Peer> peer_of(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return Peer{asio::ip::address_v4(ntohl(v4->sin_addr.s_addr)), ntohs(v4->sin_port)};
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), &v6->sin6_addr, octets.size());
  return Peer{asio::ip::address_v6(octets), ntohs(v6->sin6_port)};
}

bool is_loopback(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

Error network_error(const char* what, const boost::system::error_code& code) {
  return {Errc::unavailable, std::string(what) + ": " + code.message()};
}

Error closed_error(const char* what) { return network_error(what, asio::error::operation_aborted); }

bool waits(const ChannelStep& step) {
  return step.outcome == Outcome::wants_read || step.outcome == Outcome::wants_write;
}

Stream::Socket::wait_type wait_for(const ChannelStep& step) {
  return step.outcome == Outcome::wants_read ? Stream::Socket::wait_read
                                             : Stream::Socket::wait_write;
}

}  // namespace

// Outlives the Stream as long as its timer's handler is queued.
struct Stream::Shared : std::enable_shared_from_this<Stream::Shared> {
  explicit Shared(Socket s)
      : socket(std::move(s)), plain(socket.native_handle()), timer(socket.get_executor()) {}

  // Sleeps until the deadline as it is now; only a nearer deadline wakes it earlier.
  void watch() {
    wakes_at = deadline;
    timer.expires_at(deadline);
    timer.async_wait([self = shared_from_this()](boost::system::error_code code) {
      if (code == asio::error::operation_aborted || !self->socket.is_open()) return;
      if (SteadyClock::now() < self->deadline) return self->watch();
      self->expired = true;
      self->channel().finish();
      self->close();
    });
  }

  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    timer.cancel();
    pause_timer.reset();
  }

  Channel& channel() { return tls ? static_cast<Channel&>(*tls) : plain; }

  Socket socket;
  PlainChannel plain;
  std::unique_ptr<TlsChannel> tls;
  asio::steady_timer timer;
  std::shared_ptr<asio::steady_timer> pause_timer;
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  SteadyClock::time_point wakes_at = SteadyClock::time_point::max();
  bool expired = false;
};

Stream::Stream(Socket socket) : shared_(std::make_shared<Shared>(std::move(socket))) {
  boost::system::error_code ignored;
  const auto remote = shared_->socket.remote_endpoint(ignored);
  const auto peer = ignored ? std::nullopt : peer_of(remote.data());
  if (peer) {
    set_peer(peer->address, peer->port);
  } else {
    peer_ = ignored ? "unknown" : "local";
    peer_is_local_ = !ignored;
  }
  // Replies are written whole; waiting for more to send would only add 40 ms stalls.
  const int on = 1;
  ::setsockopt(shared_->socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  shared_->socket.non_blocking(true, ignored);
}

Stream::~Stream() { close(); }

void Stream::set_peer(const asio::ip::address& address, std::uint16_t port) {
  const std::string host = address.to_string();
  peer_ = (address.is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
  peer_address_ = address;
  peer_is_local_ = is_loopback(address);
}

void Stream::expire_after(SteadyClock::duration span) {
  shared_->deadline = SteadyClock::now() + span;
  if (shared_->deadline < shared_->wakes_at && shared_->socket.is_open()) shared_->watch();
}

bool Stream::expired() const { return shared_->expired; }

void Stream::close() { shared_->close(); }

asio::any_io_executor Stream::executor() { return shared_->socket.get_executor(); }

asio::awaitable<Result<void>> Stream::accept_tls(std::shared_ptr<const TlsContext> context) {
  if (!shared_->socket.is_open()) co_return closed_error("TLS handshake");
  auto tls = TlsChannel::accept(std::move(context), shared_->socket.native_handle());
  if (!tls) co_return tls.error();
  co_return co_await shake_hands(shared_, std::move(*tls));
}

asio::awaitable<Result<void>> Stream::connect_tls(std::shared_ptr<const TlsClientContext> context,
                                                  std::string host) {
  if (!shared_->socket.is_open()) co_return closed_error("TLS handshake");
  auto tls =
      TlsChannel::connect(std::move(context), shared_->socket.native_handle(), std::move(host));
  if (!tls) co_return tls.error();
  co_return co_await shake_hands(shared_, std::move(*tls));
}

asio::awaitable<Result<void>> Stream::shake_hands(std::shared_ptr<Shared> shared,
                                                  std::unique_ptr<TlsChannel> tls) {
  while (true) {
    if (!shared->socket.is_open()) co_return closed_error("TLS handshake");
    const ChannelStep step = tls->handshake();
    if (step.outcome == Outcome::done) break;
    if (!waits(step)) co_return Error(tls->failure_kind(), "TLS handshake: " + tls->failure());
    const auto [code] = co_await shared->socket.async_wait(wait_for(step), as_result);
    if (code) co_return network_error("TLS handshake", code);
  }
  shared->tls = std::move(tls);
  co_return Result<void>();
}

const TlsChannel* Stream::tls() const { return shared_->tls.get(); }

asio::awaitable<Result<std::size_t>> Stream::read_some(std::span<char> buffer) {
  const std::shared_ptr<Shared> shared = shared_;
  while (shared->socket.is_open()) {
    const ChannelStep step = shared->channel().read(buffer);
    if (step.outcome == Outcome::done) co_return step.count;
    if (step.outcome == Outcome::end) co_return std::size_t{0};
    if (!waits(step)) co_return Error(Errc::unavailable, "read: " + shared->channel().failure());
    const auto [code] = co_await shared->socket.async_wait(wait_for(step), as_result);
    if (code) co_return network_error("read", code);
  }
  co_return closed_error("read");
}

asio::awaitable<Result<void>> Stream::write(std::string_view bytes) {
  const std::shared_ptr<Shared> shared = shared_;
  while (!bytes.empty()) {
    if (!shared->socket.is_open()) co_return closed_error("write");
    const ChannelStep step = shared->channel().write(bytes);
    if (step.outcome == Outcome::done) {
      bytes.remove_prefix(step.count);
      continue;
    }
    if (!waits(step)) co_return Error(Errc::unavailable, "write: " + shared->channel().failure());
    const auto [code] = co_await shared->socket.async_wait(wait_for(step), as_result);
    if (code) co_return network_error("write", code);
  }
  co_return Result<void>();
}

void Stream::finish() {
  if (shared_->socket.is_open()) shared_->channel().finish();
}

asio::awaitable<void> Stream::pause(SteadyClock::duration span) {
  const std::shared_ptr<Shared> shared = shared_;
  if (!shared->socket.is_open()) co_return;
  // A timer of its own, because the deadline's goes on watching; close() destroys it, which ends
  // the wait.
  shared->pause_timer = std::make_shared<asio::steady_timer>(shared->socket.get_executor(), span);
  co_await shared->pause_timer->async_wait(as_result);
}

}  // namespace postern
