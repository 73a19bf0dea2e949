// Where the files of TLS are: those that the configuration names, or those that Postern makes.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "app/installation.h"
#include "base/log.h"
#include "net/tls_authority.h"

namespace postern {

// The local authority of this state, for `names` beside this machine's own name.
LocalTls local_tls(const StateFolder& state, std::vector<std::string> names);

// Advice for a server that others can reach while its certificate names this machine alone; empty
// when there is nothing to advise.
std::string missing_name_hint(const Config& config);

// What to serve TLS with. Where no certificate is configured, the local authority's is made or
// renewed first.
Result<TlsSetting> prepare_tls(const TlsConfig& config, const StateFolder& state,
                               const Logger& logger);

// Whether the files that are configured can be used. Makes nothing.
Result<void> check_tls_files(const TlsConfig& config);

// The upstream servers of the configuration, each with what it takes to trust it.
Result<std::vector<UpstreamServer>> load_upstreams(const Config& config);

}  // namespace postern
