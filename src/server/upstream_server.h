// UpstreamServer: a POP3 server where somebody else keeps mail, and how to speak to it.
//
// Thread rule: a value; const once it serves.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls_client_context.h"
#include "proto/pop3_client.h"

namespace postern {

struct UpstreamServer {
  // Who logs in there: a name in which "*" is any octets and "?" is one; case does not matter.
  std::string users = "*";
  std::string host;
  std::uint16_t port = 995;
  Pop3Security security = Pop3Security::implicit_tls;
  // Not null unless the security is `clear`.
  std::shared_ptr<const TlsClientContext> tls;
  // The name there: %u is the whole name given here, %n its part before "@", %d that behind it.
  std::string login = "%u";
  std::vector<std::string> methods;  // as in Pop3Client::Options
  bool two_step = false;             // the same
  bool pipelining = true;            // the same
  std::chrono::seconds timeout{30};  // for each answer

  std::string name_there(std::string_view user) const;
};

}  // namespace postern
