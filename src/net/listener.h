// Listener: accepts connections on one address and hands each to a callback.
//
// Thread rule: start(), stop() and address() from any thread; the callback runs on the I/O
// context that `next_context` chose for the connection.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "base/log.h"
#include "net/listen_socket.h"
#include "net/stream.h"

namespace postern {

class Listener {
 public:
  using Accepted = std::function<void(std::unique_ptr<Stream>)>;
  using NextContext = std::function<boost::asio::io_context&()>;

  Listener(boost::asio::io_context& context, ListenSocket socket, Logger logger);

  // Goes on accepting until stop().
  void start(NextContext next_context, Accepted accepted);
  void stop();

  const ListenAddress& address() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace postern
