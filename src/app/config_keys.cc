#include <charconv>
#include <cmath>
#include <limits>

#include "app/config.h"
#include "base/ascii.h"

namespace postern {
namespace {

using Values = std::span<const std::string>;
using Setter = std::function<Result<void>(Config&, Values)>;

Error bad_value(const std::string& value, const std::string& wanted) {
  return {Errc::configuration, "'" + value + "' is not " + wanted};
}

Result<std::uint64_t> whole_number(Values values, std::uint64_t least, std::uint64_t most) {
  const auto number = parse_decimal(values.front());
  if (!number || *number < least || *number > most) {
    return bad_value(values.front(), "a whole number from " + std::to_string(least) + " to " +
                                         std::to_string(most));
  }
  return *number;
}

Result<double> real_number(Values values, double least, double most) {
  const std::string& text = values.front();
  double number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || stop != text.data() + text.size() || !(number >= least) ||
      !(number <= most)) {
    return bad_value(text,
                     "a number between " + std::to_string(least) + " and " + std::to_string(most));
  }
  return number;
}

Setter text(std::string Config::*member) {
  return [member](Config& config, Values values) -> Result<void> {
    config.*member = values.front();
    return {};
  };
}

template <class Number>
Setter count(Number Config::*member, std::uint64_t least, std::uint64_t most) {
  return [=](Config& config, Values values) -> Result<void> {
    const auto number = whole_number(values, least, most);
    if (!number) return number.error();
    config.*member = static_cast<Number>(*number);
    return {};
  };
}

Setter seconds(std::chrono::seconds Config::*member, std::uint64_t least) {
  return [=](Config& config, Values values) -> Result<void> {
    const auto number = whole_number(values, least, 86400);
    if (!number) return number.error();
    config.*member = std::chrono::seconds(*number);
    return {};
  };
}

Setter points(MilliPoints Policy::*member) {
  return [=](Config& config, Values values) -> Result<void> {
    const auto number = real_number(values, -99, 99);
    if (!number) return number.error();
    config.policy.*member = static_cast<MilliPoints>(std::lround(*number * 1000));
    return {};
  };
}

Setter addresses(std::vector<ListenAddress> Config::*member) {
  return [member](Config& config, Values values) -> Result<void> {
    (config.*member).clear();
    for (const std::string& value : values) {
      const auto address = ListenAddress::parse(value);
      if (!address) return address.error();
      (config.*member).push_back(*address);
    }
    return {};
  };
}

Setter tls_list(std::vector<std::string> TlsConfig::*member) {
  return [member](Config& config, Values values) -> Result<void> {
    (config.tls.*member).assign(values.begin(), values.end());
    return {};
  };
}

Result<void> set_tls_client_authorities(Config& config, Values values) {
  config.tls.client_authorities = values.front();
  return {};
}

Result<void> set_client_certificate_required(Config& config, Values values) {
  const std::string& value = values.front();
  if (value != "true" && value != "false") return bad_value(value, "true or false");
  config.tls.client_certificate_required = value == "true";
  return {};
}

Setter yes_or_no(bool Config::*member) {
  return [member](Config& config, Values values) -> Result<void> {
    const std::string& value = values.front();
    if (value != "true" && value != "false") return bad_value(value, "true or false");
    config.*member = value == "true";
    return {};
  };
}

Result<void> set_trusted_proxies(Config& config, Values values) {
  const auto set = AddressSet::parse(values);
  if (!set) return set.error();
  config.trusted_proxies = *set;
  return {};
}

Result<void> set_upstreams(Config& config, Values values) {
  config.upstreams.clear();
  for (const std::string& value : values) {
    config.upstreams.push_back(default_upstream());
    const Result<void> done = set_upstream_url(config.upstreams.back(), value);
    if (!done) return done.error();
  }
  return {};
}

Result<void> set_upstream_networks(Config& config, Values values) {
  const auto set = AddressSet::parse(values);
  if (!set) return set.error();
  config.upstream_networks = *set;
  return {};
}

Result<void> set_clear_text_login(Config& config, Values values) {
  const std::string& value = values.front();
  if (value != "never" && value != "loopback" && value != "always") {
    return bad_value(value, "never, loopback or always");
  }
  config.clear_text_login = value == "never"    ? ClearTextLogin::never
                            : value == "always" ? ClearTextLogin::always
                                                : ClearTextLogin::loopback;
  return {};
}

Result<void> set_rules(Config& config, Values values) {
  config.rules.assign(values.begin(), values.end());
  return {};
}

Result<void> set_authserv_ids(Config& config, Values values) {
  config.authserv_ids.assign(values.begin(), values.end());
  return {};
}

Result<void> set_ham_loss(Config& config, Values values) {
  const auto number = real_number(values, 0, 50);
  if (!number) return number.error();
  config.ham_loss = *number / 100;
  return {};
}

Result<void> set_failed_login_delay(Config& config, Values values) {
  const auto number = real_number(values, 0, 60);
  if (!number) return number.error();
  config.failed_login_delay = std::chrono::milliseconds(std::lround(*number * 1000));
  return {};
}

Setter days(std::chrono::seconds Config::*member) {
  return [=](Config& config, Values values) -> Result<void> {
    const auto number = real_number(values, 0, 3650);
    if (!number) return number.error();
    config.*member = std::chrono::seconds(std::lround(*number * 86'400));
    return {};
  };
}

Result<void> set_log_level(Config& config, Values values) {
  if (!parse_log_level(values.front(), config.log_level)) {
    return bad_value(values.front(), "a log level; use debug, info, warning or error");
  }
  return {};
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys{
      {"pop3", "HOST:PORT", "127.0.0.1:1110", true,
       "Where mail clients connect in the clear; they can begin TLS there (STLS). Given without "
       "pop3s, there is no pop3s.",
       addresses(&Config::pop3)},
      {"pop3s", "HOST:PORT", "127.0.0.1:1995", true,
       "Where mail clients connect by TLS. Given without pop3, there is no pop3.",
       addresses(&Config::pop3s)},
      {"clear_text_login", "WHERE", "loopback", false,
       "Where a password may cross a connection without TLS: never, loopback (connections from "
       "this "
       "machine) or always.",
       set_clear_text_login},
      {"tls_certificate", "FILE", "", true,
       "The server's certificate and its chain (PEM); of several, the first is for clients that "
       "name "
       "none of them. Without it Postern makes one, signed by an authority of its own.",
       tls_list(&TlsConfig::certificates)},
      {"tls_key", "FILE", "", true,
       "The private keys (PEM) of the certificates, in the same order. Without it each is in the "
       "certificate's file.",
       tls_list(&TlsConfig::keys)},
      {"tls_name", "NAME", "", true,
       "A name or address of this server, beside the machine's own name and localhost, for the "
       "certificate that Postern makes.",
       tls_list(&TlsConfig::names)},
      {"tls_client_authorities", "FILE", "", false,
       "Certificates (PEM) of the authorities whose client certificates are believed. Without it "
       "none is asked for.",
       set_tls_client_authorities},
      {"tls_client_certificate_required", "true|false", "false", false,
       "Whether a client without a certificate is refused.", set_client_certificate_required},
      {"trusted_proxy", "ADDRESS", "", true,
       "A proxy in front, by address or network (or \"unix\" for any that comes by a Unix socket): "
       "its connections must begin with a PROXY header, version 1 or 2.",
       set_trusted_proxies},
      {"maildir", "PATTERN", "", false,
       "Where mail lies: a Maildir or an mbox file for each user. %u is the user name, %n its part "
       "before the @, %d the part behind it. Example: /home/%u/Maildir",
       text(&Config::maildir)},
      {"upstream", "URL", "", true,
       "A POP3 server that keeps the mail of users that log in with the name and password that "
       "they "
       "have there: pop3s://HOST for TLS at once, pop3://HOST for STLS. Tables [[upstream]] in the "
       "file say more of it.",
       set_upstreams},
      {"upstream_network", "ADDRESS", "", true,
       "A network (or address) that is not of the public Internet and in which there may be "
       "upstream servers all the same, as 127.0.0.0/8.",
       set_upstream_networks},
      {"upstream_timeout", "SECONDS", "30", false,
       "How long an upstream server may take for each answer.",
       seconds(&Config::upstream_timeout, 1)},
      {"keep_deleted", "DAYS", "14", false,
       "How long messages of stored accounts (postern account) that were deleted, or are no longer "
       "at the provider, are kept here, so that it can be undone.",
       days(&Config::keep_deleted)},
      {"polls_at_a_time", "NUMBER", "16", false,
       "So many stored accounts are polled at the same time.",
       count(&Config::polls_at_a_time, 1, 1000)},
      {"passwd_file", "FILE", "", false,
       "Users of another server, in Dovecot's passwd-file format, beside those of postern user. It "
       "is read again when it has changed.",
       text(&Config::passwd_file)},
      {"shared_maildrops", "true|false", "false", false,
       "Whether several sessions may have a maildrop open at a time, each seeing what was there "
       "when it began. Else only the first may, as RFC 1939 has it.",
       yes_or_no(&Config::shared_maildrops)},
      {"add_separator", "true|false", "false", false,
       "Whether a message without an empty line gets one behind its header, for clients that take "
       "its text for header fields. Sizes stay.",
       yes_or_no(&Config::add_separator)},
      {"map_nuls", "true|false", "false", false,
       "Whether NULs in mail are sent as octets 0x80, for clients that stop at a NUL (Outlook).",
       yes_or_no(&Config::map_nuls)},
      {"refuse_utf8_headers", "true|false", "false", false,
       "Whether messages with UTF-8 in the header are refused to clients that did not say UTF8, as "
       "RFC 6856 has it; else they get them as they are.",
       yes_or_no(&Config::refuse_utf8_headers)},
      {"state", "FOLDER", "/var/lib/postern", false,
       "Where Postern keeps users, verdicts, lessons and models. Made when missing.",
       text(&Config::state)},
      {"run_as", "USER", "", false,
       "Started by root, run as this user once the ports are bound. Certificates and mail must be "
       "readable by that user.",
       text(&Config::run_as)},
      {"rules", "PATH", "", true,
       "Rule files, or folders of *.cf files. Without it the shipped rules are used.", set_rules},
      {"base_model", "FILE", "", false,
       "The model that judges before you have taught anything; \"none\" for none. Without it the "
       "shipped one is used.",
       text(&Config::base_model)},
      {"site_model", "FILE", "", false,
       "A model of the whole site, made by postern model build or import, that judges between the "
       "base model and each user's lessons.",
       text(&Config::site_model)},
      {"authserv_id", "NAME", "", true,
       "Name that your mail server writes first into Authentication-Results; its word on DKIM, SPF "
       "and DMARC is then believed, for entries of allow lists that ask for it.",
       set_authserv_ids},
      {"spam_from", "POINTS", "5.0", false, "A message with so many points is called spam.",
       points(&Policy::spam_from)},
      {"ham_loss", "PERCENT", "0", false,
       "Share of your ham that may be called spam. Once your own lessons are enough to tell (200 "
       "of ham for 1 %, 2000 for 0.1 %), the classifier's threshold for it takes the place of "
       "spam_from; 0 is off.",
       set_ham_loss},
      {"unsure_from", "POINTS", "-1.667", false,
       "A message with so many points, but fewer than spam_from, is called unsure.",
       points(&Policy::unsure_from)},
      {"threads", "NUMBER", "0", false,
       "Threads for connections, and as many again for judging; 0 is one for each core.",
       count(&Config::threads, 0, 256)},
      {"max_connections", "NUMBER", "4096", false,
       "With so many connections open, further ones are turned away.",
       count(&Config::max_connections, 1, 1'000'000)},
      {"max_connections_per_address", "NUMBER", "100", false,
       "Further connections of one address are turned away; 0 is no limit. This machine's own are "
       "not counted.",
       count(&Config::max_connections_per_address, 0, 1'000'000)},
      {"login_timeout", "SECONDS", "60", false, "How long a client may take to log in.",
       seconds(&Config::login_timeout, 1)},
      {"idle_timeout", "SECONDS", "600", false,
       "How long a client that has logged in may be silent; at least 600 (RFC 1939).",
       seconds(&Config::idle_timeout, 600)},
      {"write_timeout", "SECONDS", "300", false,
       "How long a client may take to read what was sent to it, 64 KiB at a time.",
       seconds(&Config::write_timeout, 1)},
      {"login_delay", "SECONDS", "0", false,
       "How long a user must wait between one login and the next; 0 is not at all.",
       seconds(&Config::login_delay, 0)},
      {"failed_login_delay", "SECONDS", "1.0", false,
       "The answer to a wrong password waits so long, and longer each time.",
       set_failed_login_delay},
      {"failed_logins_limit", "NUMBER", "3", false,
       "A connection is closed after so many wrong passwords.",
       count(&Config::failed_logins_limit, 1, 100)},
      {"ban_after", "NUMBER", "20", false,
       "From an address with so many different wrong logins in ten minutes nobody may log in for a "
       "while; 0 is never. postern user bans shows the bans, and postern user unban lifts one.",
       count(&Config::ban_after, 0, 1'000'000)},
      {"ban_time", "SECONDS", "3600", false, "How long that is.", seconds(&Config::ban_time, 1)},
      {"bad_commands_limit", "NUMBER", "20", false,
       "A connection is closed after so many commands in a row that make no sense.",
       count(&Config::bad_commands_limit, 1, 10'000)},
      {"login_cache", "SECONDS", "300", false,
       "A right password is remembered for so long (as a keyed hash, in memory only), because "
       "checking it is dear on purpose.",
       seconds(&Config::login_cache, 0)},
      {"log_level", "LEVEL", "info", false,
       "debug, info, warning or error. Only debug names addresses and subjects.", set_log_level},
  };
  return keys;
}

}  // namespace postern
