// A connection that a trusted proxy passes on: who is at the other end of it.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/stream.h"

namespace postern {

struct ProxiedPeer {
  bool used_tls = false;  // between the client and the proxy
};

// Reads the PROXY header (proto/proxy_header.h) with which the connection must begin, and gives the
// stream the client's address. Errc::bad_data when there is none.
boost::asio::awaitable<Result<ProxiedPeer>> read_proxy_header(Stream& stream);

}  // namespace postern
