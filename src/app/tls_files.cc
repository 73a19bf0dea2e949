#include "app/tls_files.h"

#include <unistd.h>

#include <array>

namespace postern {
namespace {

std::string machine_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "";
  return name.data();
}

Result<TlsIdentity> ensure_local_identity(const LocalTls& local, const Logger& logger) {
  const Result<LocalTlsChange> change = ensure_local_tls(local, system_clock()());
  if (!change) return change.error();
  if (*change == LocalTlsChange::authority) {
    logger.info("local-authority-made",
                {{"file", local.authority()}, {"next", "postern tls trust"}});
  } else if (*change == LocalTlsChange::certificate) {
    logger.info("local-certificate-renewed", {{"file", local.identity().certificate}});
  }
  return local.identity();
}

// Without the local authority's identity.
TlsSetting configured(const TlsConfig& config) {
  TlsSetting setting;
  setting.client_authorities = config.client_authorities;
  setting.client_certificate_required = config.client_certificate_required;
  for (std::size_t i = 0; i < config.certificates.size(); ++i) {
    const std::string& file = config.certificates[i];
    setting.identities.push_back({file, config.keys.empty() ? file : config.keys[i]});
  }
  return setting;
}

}  // namespace

std::string missing_name_hint(const Config& config) {
  if (!config.tls.certificates.empty() || !config.tls.names.empty()) return "";
  for (const auto& list : {config.pop3, config.pop3s}) {
    for (const ListenAddress& address : list) {
      if (!address.path.empty() || address.endpoint.address().is_loopback()) continue;
      return "clients on other machines cannot check who " + address.text() +
             " is: say with tls_name how they call it, or give them tls_certificate";
    }
  }
  return "";
}

LocalTls local_tls(const StateFolder& state, std::vector<std::string> names) {
  const std::string machine = machine_name();
  if (is_server_name(machine)) names.push_back(machine);
  return {state.keys(), std::move(names)};
}

Result<TlsSetting> prepare_tls(const TlsConfig& config, const StateFolder& state,
                               const Logger& logger) {
  TlsSetting setting = configured(config);
  if (config.certificates.empty()) {
    const auto identity = ensure_local_identity(local_tls(state, config.names), logger);
    if (!identity) return identity.error();
    setting.identities.push_back(*identity);
  }
  return setting;
}

Result<void> check_tls_files(const TlsConfig& config) {
  for (const std::string& name : config.names) {
    if (is_server_name(name)) continue;
    return Error(Errc::configuration, "tls_name: '" + name + "' is neither a name nor an address");
  }
  if (config.certificates.empty()) return {};
  auto keys = std::make_shared<TlsTicketKeys>(system_clock());
  const auto context = TlsContext::load(configured(config), std::move(keys));
  if (!context) return context.error();
  return {};
}

Result<std::vector<UpstreamServer>> load_upstreams(const Config& config) {
  std::vector<UpstreamServer> servers;
  for (const UpstreamConfig& upstream : config.upstreams) {
    UpstreamServer server = upstream.server;
    server.timeout = config.upstream_timeout;
    if (server.security != Pop3Security::clear) {
      auto context = TlsClientContext::load(upstream.trust);
      if (!context) return Error(Errc::configuration, server.host + ": " + context.error().detail);
      server.tls = std::move(*context);
    }
    servers.push_back(std::move(server));
  }
  return servers;
}

}  // namespace postern
