// Listener: accepts connections on one address and hands each to a callback.
//
// Thread rule: start(), stop() and address() from any thread; the callback runs on the I/O
// context that `next_context` chose for the connection.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "net/stream.h"

namespace postern {

// An address to listen on: "127.0.0.1:110", "[::1]:110" or "localhost:110".
struct ListenAddress {
  static Result<ListenAddress> parse(std::string_view text);
  bool is_loopback() const { return endpoint.address().is_loopback(); }
  std::string text() const;

  boost::asio::ip::tcp::endpoint endpoint;
};

class Listener {
 public:
  using Accepted = std::function<void(std::unique_ptr<Stream>)>;
  using NextContext = std::function<boost::asio::io_context&()>;

  // Binds and listens; Errc::unavailable says why not (in use, not allowed).
  static Result<std::unique_ptr<Listener>> open(boost::asio::io_context& context,
                                                const ListenAddress& address, Logger logger);

  // Goes on accepting until stop().
  void start(NextContext next_context, Accepted accepted);
  void stop();

  // The address really bound (port 0 asks for any).
  ListenAddress address() const;

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace postern
