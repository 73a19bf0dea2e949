#include "net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace postern {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string describe(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4->sin_port));
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6->sin6_port));
  }
  return "local";
}

Error network_error(const char* what, const boost::system::error_code& code) {
  return {Errc::unavailable, std::string(what) + ": " + code.message()};
}

}  // namespace

// Outlives the Stream as long as its timer's handler is queued.
struct Stream::Shared : std::enable_shared_from_this<Stream::Shared> {
  explicit Shared(Socket s) : socket(std::move(s)), timer(socket.get_executor()) {}

  // Sleeps until the deadline as it is now; only a nearer deadline wakes it earlier.
  void watch() {
    wakes_at = deadline;
    timer.expires_at(deadline);
    timer.async_wait([self = shared_from_this()](boost::system::error_code code) {
      if (code == asio::error::operation_aborted || !self->socket.is_open()) return;
      if (SteadyClock::now() < self->deadline) return self->watch();
      self->expired = true;
      self->close();
    });
  }

  void close() {
    boost::system::error_code ignored;
    socket.close(ignored);
    timer.cancel();
    pause_timer.reset();
  }

  Socket socket;
  asio::steady_timer timer;
  std::shared_ptr<asio::steady_timer> pause_timer;
  SteadyClock::time_point deadline = SteadyClock::time_point::max();
  SteadyClock::time_point wakes_at = SteadyClock::time_point::max();
  bool expired = false;
};

Stream::Stream(Socket socket) : shared_(std::make_shared<Shared>(std::move(socket))) {
  boost::system::error_code ignored;
  const auto remote = shared_->socket.remote_endpoint(ignored);
  peer_ = ignored ? "unknown" : describe(remote.data());
  // Replies are written whole; waiting for more to send would only add 40 ms stalls.
  const int on = 1;
  ::setsockopt(shared_->socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  shared_->socket.non_blocking(true, ignored);
}

Stream::~Stream() { close(); }

void Stream::expire_after(SteadyClock::duration span) {
  shared_->deadline = SteadyClock::now() + span;
  if (shared_->deadline < shared_->wakes_at && shared_->socket.is_open()) shared_->watch();
}

bool Stream::expired() const { return shared_->expired; }

void Stream::close() { shared_->close(); }

asio::any_io_executor Stream::executor() { return shared_->socket.get_executor(); }

asio::awaitable<Result<std::size_t>> Stream::read_some(std::span<char> buffer) {
  const std::shared_ptr<Shared> shared = shared_;
  while (true) {
    boost::system::error_code code;
    const std::size_t count =
        shared->socket.receive(asio::buffer(buffer.data(), buffer.size()), 0, code);
    if (!code) co_return count;
    if (code == asio::error::eof) co_return std::size_t{0};
    if (code != asio::error::would_block && code != asio::error::try_again) {
      co_return network_error("read", code);
    }
    const auto [waited] = co_await shared->socket.async_wait(Socket::wait_read, as_result);
    if (waited) co_return network_error("read", waited);
  }
}

asio::awaitable<Result<void>> Stream::write(std::string_view bytes) {
  const std::shared_ptr<Shared> shared = shared_;
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  const auto [code, count] = co_await asio::async_write(shared->socket, buffer, as_result);
  if (code) co_return network_error("write", code);
  co_return Result<void>();
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
