#include "net/listener.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace postern {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<Stream::Socket::protocol_type>;

// Long enough for descriptors to be freed, short enough that nobody gives up.
constexpr auto pause_after_failure = std::chrono::milliseconds(100);

}  // namespace

struct Listener::State : std::enable_shared_from_this<Listener::State> {
  State(asio::io_context& context, ListenSocket socket, Logger l)
      : address(socket.address()),
        acceptor(context, Stream::Socket::protocol_type(socket.family(), 0), socket.release()),
        timer(context),
        logger(std::move(l)) {}

  void accept_next() {
    asio::io_context& context = next_context();
    acceptor.async_accept(context, [self = shared_from_this(), &context](
                                       boost::system::error_code code, Stream::Socket socket) {
      self->on_accept(context, code, std::move(socket));
    });
  }

  void on_accept(asio::io_context& context, boost::system::error_code code, Stream::Socket socket) {
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

  const ListenAddress address;
  Acceptor acceptor;
  asio::steady_timer timer;
  Logger logger;
  NextContext next_context;
  Accepted accepted;
  bool stopped = false;
};

Listener::Listener(asio::io_context& context, ListenSocket socket, Logger logger)
    : state_(std::make_shared<State>(context, std::move(socket), std::move(logger))) {}

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

const ListenAddress& Listener::address() const { return state_->address; }

}  // namespace postern
