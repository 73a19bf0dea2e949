#include "app/upstream_config.h"

#include <array>

#include "base/ascii.h"

namespace postern {
namespace {

using Values = std::span<const std::string>;

Error bad_value(std::string_view value, const std::string& wanted) {
  return {Errc::configuration, "'" + std::string(value) + "' is not " + wanted};
}

Result<void> set_url(UpstreamConfig& upstream, Values values) {
  return set_upstream_url(upstream, values.front());
}

Result<void> set_users(UpstreamConfig& upstream, Values values) {
  upstream.server.users = values.front();
  return {};
}

Result<void> set_login(UpstreamConfig& upstream, Values values) {
  const std::string& pattern = values.front();
  for (std::size_t i = pattern.find('%'); i != std::string::npos; i = pattern.find('%', i + 2)) {
    const std::string_view what = std::string_view(pattern).substr(i + 1, 1);
    if (what.empty() || std::string_view("und%").find(what) == std::string_view::npos) {
      return bad_value(pattern, "a name; it may hold %u, %n, %d and %%, but no other %");
    }
  }
  if (pattern.empty()) return bad_value(pattern, "a name");
  upstream.server.login = pattern;
  return {};
}

Result<void> set_authorities(UpstreamConfig& upstream, Values values) {
  upstream.trust.authorities = values.front();
  return {};
}

Result<void> set_pin(UpstreamConfig& upstream, Values values) {
  upstream.trust.pin = values.front();
  return {};
}

Result<void> set_least(UpstreamConfig& upstream, Values values) {
  const std::string& version = values.front();
  if (version != "1.2" && version != "1.3") return bad_value(version, "1.2 or 1.3");
  upstream.trust.least = version == "1.3" ? TlsVersion::tls_1_3 : TlsVersion::tls_1_2;
  return {};
}

Result<void> set_methods(UpstreamConfig& upstream, Values values) {
  static constexpr std::array<std::string_view, 11> known{"PLAIN",
                                                          "LOGIN",
                                                          "USER",
                                                          "APOP",
                                                          "CRAM-MD5",
                                                          "SCRAM-SHA-1",
                                                          "SCRAM-SHA-1-PLUS",
                                                          "SCRAM-SHA-256",
                                                          "SCRAM-SHA-256-PLUS",
                                                          "XOAUTH2",
                                                          "OAUTHBEARER"};
  for (const std::string& value : values) {
    bool found = false;
    for (const std::string_view one : known) found = found || equals_ignoring_case(one, value);
    if (!found) return bad_value(value, "a way to log in, as PLAIN, USER or SCRAM-SHA-256");
  }
  upstream.server.methods.assign(values.begin(), values.end());
  return {};
}

auto yes_or_no(bool UpstreamServer::*member) {
  return [member](UpstreamConfig& upstream, Values values) -> Result<void> {
    const std::string& value = values.front();
    if (value != "true" && value != "false") return bad_value(value, "true or false");
    upstream.server.*member = value == "true";
    return {};
  };
}

struct Scheme {
  std::string_view prefix;
  Pop3Security security;
  std::uint16_t port;
};
constexpr std::array<Scheme, 3> schemes{{{"pop3s://", Pop3Security::implicit_tls, 995},
                                         {"pop3://", Pop3Security::stls, 110},
                                         {"pop3+clear://", Pop3Security::clear, 110}}};

}  // namespace

Result<void> set_upstream_url(UpstreamConfig& upstream, std::string_view url) {
  const Error bad = bad_value(url,
                              "an address of a server: write pop3s://pop.example.org, "
                              "pop3://pop.example.org or pop3+clear://127.0.0.1:110");
  for (const Scheme& scheme : schemes) {
    if (!starts_with_ignoring_case(url, scheme.prefix)) continue;
    std::string_view rest = url.substr(scheme.prefix.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const bool bracketed = rest.starts_with('[');
    const std::size_t host_end = bracketed ? rest.find(']') : rest.find(':');
    if (bracketed && host_end == std::string_view::npos) return bad;
    const std::string_view host =
        bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end);
    const std::string_view behind =
        host_end == std::string_view::npos ? "" : rest.substr(bracketed ? host_end + 1 : host_end);
    const auto port = behind.empty()            ? scheme.port
                      : behind.starts_with(':') ? parse_decimal(behind.substr(1)).value_or(0)
                                                : 0;
    if (host.empty() || host.find_first_of("/@ ") != std::string_view::npos || port == 0 ||
        port > 65535) {
      return bad;
    }
    upstream.server.host = host;
    upstream.server.port = static_cast<std::uint16_t>(port);
    upstream.server.security = scheme.security;
    return {};
  }
  return bad;
}

const std::vector<UpstreamKey>& upstream_keys() {
  static const std::vector<UpstreamKey> keys{
      {"url", "URL", "", false,
       "The server: pop3s://HOST[:PORT] is TLS at once, pop3://HOST[:PORT] TLS by STLS (and "
       "nothing "
       "without it), pop3+clear://HOST[:PORT] no TLS at all.",
       set_url},
      {"users", "GLOB", "*", false,
       "Who logs in there: names in which * is anything and ? is one character. Of several tables "
       "the first that fits counts.",
       set_users},
      {"login", "NAME", "%u", false,
       "The name there: %u is the name given to Postern, %n its part before the @, %d the part "
       "behind it.",
       set_login},
      {"tls_authorities", "FILE", "", false,
       "Certificates (PEM) of the authorities that may vouch for the server, or its own "
       "certificate. Without it those that the system trusts.",
       set_authorities},
      {"tls_pin", "SHA-256", "", false,
       "The server's public key must have this SHA-256 (64 hexadecimal digits), whoever vouches "
       "for "
       "it.",
       set_pin},
      {"tls_least", "VERSION", "1.2", false, "The oldest version of TLS: 1.2 or 1.3.", set_least},
      {"methods", "METHOD", "", true,
       "Ways to log in there, to be tried in this order as far as the server has them: PLAIN, "
       "LOGIN, USER, APOP, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256 (both also with -PLUS), XOAUTH2, "
       "OAUTHBEARER. Without it what is usual.",
       set_methods},
      {"two_step", "true|false", "false", false,
       "Whether a token or password must wait until the server asks for it (Outlook's servers).",
       yes_or_no(&UpstreamServer::two_step)},
      {"pipelining", "true|false", "true", false,
       "Whether several messages may be asked for at a time where the server says that it can.",
       yes_or_no(&UpstreamServer::pipelining)},
  };
  return keys;
}

UpstreamConfig default_upstream() {
  UpstreamConfig upstream;
  for (const UpstreamKey& key : upstream_keys()) {
    if (key.default_value.empty()) continue;
    const std::vector<std::string> values{std::string(key.default_value)};
    (void)key.set(upstream, values);
  }
  return upstream;
}

}  // namespace postern
