// Config: what posternd is told, by a TOML file, by flags, or by neither (the defaults).
//
// Every setting is one row of config_keys(): its name in the file, `--name` with "-" for "_" on
// the command line, its default and its documentation all come from there.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/upstream_config.h"
#include "base/log.h"
#include "base/result.h"
#include "filter/policy.h"
#include "net/listener.h"
#include "server/pop3_session.h"

namespace postern {

struct TlsConfig {
  std::vector<std::string> certificates;  // PEM files; empty: the local authority's
  std::vector<std::string> keys;          // PEM files in the same order; empty: in the same files
  std::vector<std::string> names;         // of this server, for the local authority
  std::string client_authorities;         // PEM file; empty: no client certificates
  bool client_certificate_required = false;
};

struct Config {
  std::vector<ListenAddress> pop3;   // TLS may be begun by STLS
  std::vector<ListenAddress> pop3s;  // TLS from the first octet
  TlsConfig tls;
  ClearTextLogin clear_text_login = ClearTextLogin::loopback;
  AddressSet trusted_proxies;
  std::string maildir;
  std::vector<UpstreamConfig> upstreams;  // where the mail of other users lies
  AddressSet upstream_networks;           // not of the public Internet, but allowed
  std::chrono::seconds upstream_timeout{};
  std::chrono::seconds keep_deleted{};  // mail of stored accounts, in the spool
  std::size_t polls_at_a_time = 0;      // of stored accounts
  std::string passwd_file;              // empty: none
  bool shared_maildrops = false;
  bool add_separator = false;
  bool map_nuls = false;
  bool refuse_utf8_headers = false;
  std::string state;
  std::string run_as;                     // a user's name; empty: who starts it
  std::vector<std::string> rules;         // empty: the shipped ones
  std::string base_model;                 // empty: the shipped one; "none": none
  std::string site_model;                 // empty: none
  std::vector<std::string> authserv_ids;  // whose Authentication-Results are believed
  Policy policy;
  double ham_loss = 0;      // share; 0: policy.spam_from
  std::size_t threads = 0;  // 0: one per core
  std::size_t max_connections = 0;
  std::size_t max_connections_per_address = 0;  // 0: as many as there are
  std::chrono::seconds login_timeout{};
  std::chrono::seconds idle_timeout{};
  std::chrono::seconds write_timeout{};
  std::chrono::milliseconds failed_login_delay{};
  std::chrono::seconds login_delay{};  // 0: none
  unsigned failed_logins_limit = 0;
  unsigned ban_after = 0;  // 0: never
  std::chrono::seconds ban_time{};
  unsigned bad_commands_limit = 0;
  std::chrono::seconds login_cache{};
  LogLevel log_level = LogLevel::info;
};

struct ConfigKey {
  std::string_view name;           // as in the file: "idle_timeout"
  std::string_view type;           // for people: "seconds"
  std::string_view default_value;  // in the words of the file; "" when there is none
  bool list = false;               // an array in the file; the flag may be given several times
  std::string_view doc;            // one sentence or two
  std::function<Result<void>(Config&, std::span<const std::string>)> set;

  std::string flag() const;  // "--idle-timeout"
};

const std::vector<ConfigKey>& config_keys();

// A setting as it was given, with its place for messages ("posternd.toml:3" or "--pop3"). A table
// [[upstream]] begins with the key "upstream." alone; its keys are "upstream.url" and so on.
struct GivenSetting {
  std::string key;
  std::vector<std::string> values;
  std::string place;
};

// The settings of a TOML file, in order. An unknown key, a wrong type or a syntax error is an
// Error that names file and line.
Result<std::vector<GivenSetting>> read_config_file(const std::string& path);
Result<std::vector<GivenSetting>> parse_config(std::string_view text, const std::string& name);

// Defaults, then `given` in order (later ones win), then the checks that need several settings.
// Who gives one of pop3 and pop3s wants that one: the other then has no default.
Result<Config> make_config(std::span<const GivenSetting> given);

// The whole default configuration as a commented TOML file.
std::string default_config_text();

}  // namespace postern
