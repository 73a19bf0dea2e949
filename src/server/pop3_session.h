// A POP3 session: pumps one Pop3Engine over one Stream, and does what the engine asks for.
//
// Exceptions end here: they are logged and close this session only.
// Bounds: one line, one output buffer and the message being sent (see proto/pop3_engine.h).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

#include "base/log.h"
#include "net/address_set.h"
#include "net/stream.h"
#include "net/worker_pool.h"
#include "proto/pop3_engine.h"
#include "server/connection_limit.h"
#include "server/inbox.h"
#include "server/login_guard.h"
#include "server/tls_service.h"

namespace postern {

// Where passwords may cross a connection without TLS (RFC 8314): loopback is a connection from this
// machine. `always` is for those who have other means.
enum class ClearTextLogin { never, loopback, always };

struct Pop3SessionOptions {
  Pop3Engine::Options engine;  // but for what depends on the connection: TLS
  ClearTextLogin clear_text_login = ClearTextLogin::loopback;
  // Connections from these must begin with a PROXY header, which says who really connects.
  AddressSet trusted_proxies;
  std::chrono::seconds login_timeout{60};   // for all that comes before the login, together
  std::chrono::seconds idle_timeout{600};   // RFC 1939 section 3: not below 10 minutes
  std::chrono::seconds write_timeout{300};  // for one buffer, to a client that stops reading
  // The answer to the n-th wrong login, of a session or by the guard's count, waits n times this
  // long, at most ten times.
  std::chrono::milliseconds failed_login_delay{1000};
};

// What sessions share; must outlive them.
struct Pop3Service {
  Pop3SessionOptions options;
  InboxProvider& provider;
  WorkerPool& workers;
  Logger logger;
  TlsService* tls = nullptr;               // null: no TLS
  LoginGuard* guard = nullptr;             // null: wrong logins are not counted
  ConnectionLimit* connections = nullptr;  // null: no address has too many
};

// How a connection came.
struct Pop3Connection {
  std::uint64_t number = 0;        // names it in logs
  bool implicit_tls = false;       // TLS from the first octet on (port 995); needs Pop3Service::tls
  bool tls_at_proxy = false;       // a trusted proxy says that the client came to it by TLS
  ConnectionLimit::Place place{};  // among those of its address, held until the session is over
};

// Runs until the session is over.
boost::asio::awaitable<void> run_pop3_session(std::shared_ptr<Stream> stream,
                                              const Pop3Service& service,
                                              Pop3Connection connection);

}  // namespace postern
