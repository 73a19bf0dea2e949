#include "app/account_servers.h"

#include "app/upstream_config.h"

namespace postern {

Result<UpstreamServer> AccountServers::server_of(const StoredAccount& account) {
  UpstreamConfig upstream = default_upstream();
  const Result<void> set = set_upstream_url(upstream, account.url);
  if (!set) return set.error();
  UpstreamServer server = std::move(upstream.server);
  server.timeout = timeout_;
  if (server.security == Pop3Security::clear) return server;
  const std::lock_guard lock(mutex_);
  auto& context = contexts_[{account.tls_authorities, account.tls_pin}];
  if (!context) {
    auto loaded = TlsClientContext::load({account.tls_authorities, account.tls_pin});
    if (!loaded) return Error(Errc::configuration, server.host + ": " + loaded.error().detail);
    context = std::move(*loaded);
  }
  server.tls = context;
  return server;
}

}  // namespace postern
