// probe_upstream: one session with a server of somebody else's, only to see whether it works.
//
// Thread rule: safe from any thread; blocking, with an event loop of its own.
#pragma once

#include <cstdint>
#include <string>

#include "net/dialer.h"
#include "server/upstream_server.h"

namespace postern {

struct UpstreamProbe {
  std::size_t messages = 0;
  std::uint64_t octets = 0;
  std::string login_method;
  bool tls = false;
  bool uidl = false;  // the server says that it has UIDL
};

// Logs in, lists, and says goodbye. Errors are those of UpstreamSession::open().
Result<UpstreamProbe> probe_upstream(const UpstreamServer& server, SaslCredentials credentials,
                                     const Dialer::Setting& dialling);

}  // namespace postern
