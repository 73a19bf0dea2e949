// ListenAddress and ListenSocket: where clients connect.
//
// A socket is apart from its Listener so that it can be bound before root is given up, or be handed
// to us by systemd.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace postern {

// "127.0.0.1:110", "[::1]:110", "localhost:110" or "unix:/run/postern/pop3".
struct ListenAddress {
  static Result<ListenAddress> parse(std::string_view text);
  std::string text() const;

  boost::asio::ip::tcp::endpoint endpoint;
  std::string path;  // of a Unix socket; empty: `endpoint` counts
};

class ListenSocket {
 public:
  // Binds and listens; Errc::unavailable says why not (in use, not allowed). [::] is IPv6 only, so
  // that 0.0.0.0 can stand beside it. A Unix socket that nobody listens on any more is replaced;
  // all users of the machine may connect to it, as they may to a port.
  static Result<ListenSocket> open(const ListenAddress& address);

  // Takes over one that listens already.
  static Result<ListenSocket> adopt(FileHandle socket);

  // The address really bound (port 0 asks for any).
  const ListenAddress& address() const { return address_; }
  int family() const {
    return address_.path.empty() ? address_.endpoint.protocol().family() : AF_UNIX;
  }
  // The caller owns the descriptor from now on.
  int release() { return socket_.release(); }

 private:
  ListenSocket(FileHandle socket, ListenAddress address)
      : socket_(std::move(socket)), address_(std::move(address)) {}

  FileHandle socket_;
  ListenAddress address_;
};

}  // namespace postern
