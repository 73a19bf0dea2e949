// Admission: what is settled before a POP3 session begins: who connects, whether they may, and
// which ways to log in there are.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "net/stream.h"
#include "server/pop3_session.h"

namespace postern {

// Nothing when the connection is not to be served; the reason is in the log. What a proxy says of
// the client goes into `stream` and `connection`.
boost::asio::awaitable<std::optional<LoginMethods>> admit(Stream& stream,
                                                          const Pop3Service& service,
                                                          Pop3Connection& connection);

}  // namespace postern
