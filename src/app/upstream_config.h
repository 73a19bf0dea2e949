// The tables [[upstream]] of the configuration: servers where users' mail is kept by others.
//
// Every key is one row of upstream_keys(): its name, its default and its documentation.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/tls_client_context.h"
#include "server/upstream_server.h"

namespace postern {

struct UpstreamConfig {
  UpstreamServer server;  // but for its `tls` and timeout
  TlsTrust trust;
};

struct UpstreamKey {
  std::string_view name;
  std::string_view type;
  std::string_view default_value;
  bool list = false;
  std::string_view doc;
  std::function<Result<void>(UpstreamConfig&, std::span<const std::string>)> set;
};

const std::vector<UpstreamKey>& upstream_keys();

// All defaults.
UpstreamConfig default_upstream();

// "pop3s://HOST[:PORT]": TLS at once; "pop3://HOST[:PORT]": TLS by STLS, and nothing without it;
// "pop3+clear://HOST[:PORT]": no TLS. An IPv6 address stands in brackets.
Result<void> set_upstream_url(UpstreamConfig& upstream, std::string_view url);

}  // namespace postern
