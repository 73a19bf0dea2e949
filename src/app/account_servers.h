// AccountServers: where the mail of stored accounts lies, and how to speak to those servers.
//
// Thread rule: safe from any thread; blocking.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/result.h"
#include "server/upstream_server.h"
#include "state/stored_account.h"

namespace postern {

class AccountServers {
 public:
  explicit AccountServers(std::chrono::seconds timeout) : timeout_(timeout) {}

  // Errc::configuration when the account's URL or what it says of TLS cannot be used.
  Result<UpstreamServer> server_of(const StoredAccount& account);

 private:
  const std::chrono::seconds timeout_;
  std::mutex mutex_;
  // By authorities and pin: reading all that the system trusts takes a while.
  std::map<std::pair<std::string, std::string>, std::shared_ptr<const TlsClientContext>> contexts_;
};

}  // namespace postern
