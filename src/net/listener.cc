#include "net/listener.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/ascii.h"

namespace postern {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Long enough for descriptors to be freed, short enough that nobody gives up.
constexpr auto pause_after_failure = std::chrono::milliseconds(100);

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const Error bad(Errc::configuration, "'" + std::string(text) +
                                           "' is no address to listen on; write HOST:PORT with a "
                                           "numeric host, such as 127.0.0.1:1110 or [::1]:1110");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad;
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!port || *port > 65535) return bad;
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code code;
  const auto address = asio::ip::make_address(host, code);
  if (code) return bad;
  return ListenAddress{tcp::endpoint(address, static_cast<std::uint16_t>(*port))};
}

std::string ListenAddress::text() const {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

struct Listener::State : std::enable_shared_from_this<Listener::State> {
  State(tcp::acceptor a, Logger l)
      : acceptor(std::move(a)), timer(acceptor.get_executor()), logger(std::move(l)) {}

  void accept_next() {
    asio::io_context& context = next_context();
    acceptor.async_accept(context, [self = shared_from_this(), &context](
                                       boost::system::error_code code, tcp::socket socket) {
      self->on_accept(context, code, std::move(socket));
    });
  }

  void on_accept(asio::io_context& context, boost::system::error_code code, tcp::socket socket) {
    if (stopped || code == asio::error::operation_aborted) return;
    if (!code) {
      asio::post(context, [self = shared_from_this(), taken = std::move(socket)]() mutable {
        self->accepted(std::make_unique<Stream>(std::move(taken)));
      });
      return accept_next();
    }
    // The peer may be gone already, or descriptors ran out; neither ends the service.
    logger.warning("accept-failed", {{"why", code.message()}});
    timer.expires_after(pause_after_failure);
    timer.async_wait([self = shared_from_this()](boost::system::error_code waited) {
      if (!waited && !self->stopped) self->accept_next();
    });
  }

  tcp::acceptor acceptor;
  asio::steady_timer timer;
  Logger logger;
  NextContext next_context;
  Accepted accepted;
  bool stopped = false;
};

Result<std::unique_ptr<Listener>> Listener::open(asio::io_context& context,
                                                 const ListenAddress& address, Logger logger) {
  tcp::acceptor acceptor(context);
  boost::system::error_code code;
  acceptor.open(address.endpoint.protocol(), code);
  if (!code) acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) acceptor.bind(address.endpoint, code);
  if (!code) acceptor.listen(asio::socket_base::max_listen_connections, code);
  if (code) {
    return Error(Errc::unavailable, "cannot listen on " + address.text() + ": " + code.message());
  }
  auto state = std::make_shared<State>(std::move(acceptor), std::move(logger));
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

void Listener::start(NextContext next_context, Accepted accepted) {
  state_->next_context = std::move(next_context);
  state_->accepted = std::move(accepted);
  asio::post(state_->acceptor.get_executor(), [state = state_] { state->accept_next(); });
}

void Listener::stop() {
  asio::post(state_->acceptor.get_executor(), [state = state_] {
    state->stopped = true;
    boost::system::error_code ignored;
    state->acceptor.close(ignored);
    state->timer.cancel();
  });
}

ListenAddress Listener::address() const {
  boost::system::error_code ignored;
  return ListenAddress{state_->acceptor.local_endpoint(ignored)};
}

}  // namespace postern
