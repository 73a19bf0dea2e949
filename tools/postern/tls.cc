// postern tls init|show|trust
#include <fmt/format.h>

#include <boost/json.hpp>

#include "app/tls_files.h"
#include "base/clock.h"
#include "base/file.h"
#include "commands.h"
#include "net/tls_authority.h"
#include "net/tls_certificate.h"

namespace postern {
namespace {

std::string absolute(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;
  std::string text(resolved);
  std::free(resolved);
  return text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Result<CertificateInfo> read_local(const std::string& path) {
  auto info = read_certificate(path);
  if (info || is_file(path)) return info;
  return Error(Errc::no_input, "there is no '" + path +
                                   "' yet; posternd makes it on its first start, or now: "
                                   "postern tls init");
}

void print(const char* what, const std::string& path, const CertificateInfo& info) {
  fmt::print("{}\t{}\n  subject\t{}\n  issuer\t{}\n", what, absolute(path), info.subject,
             info.issuer);
  if (!info.names.empty()) fmt::print("  names\t{}\n", joined(info.names));
  fmt::print("  until\t{}\n  SHA-256\t{}\n", to_rfc3339(info.not_after), info.fingerprint);
}

boost::json::object to_json(const std::string& path, const CertificateInfo& info) {
  boost::json::array names(info.names.begin(), info.names.end());
  return {{"file", absolute(path)},
          {"subject", info.subject},
          {"issuer", info.issuer},
          {"names", std::move(names)},
          {"from", to_rfc3339(info.not_before)},
          {"until", to_rfc3339(info.not_after)},
          {"sha256", info.fingerprint}};
}

// What people do in their programs; {0} is the authority's file, {1} its fingerprint, {2} its name.
constexpr const char* trust_text =
    "The certificate authority of this Postern is the file\n"
    "\n"
    "  {0}\n"
    "\n"
    "Copy it to each machine that shall trust it; it holds no secret. It calls itself\n"
    "\n"
    "  {2}\n"
    "  SHA-256 {1}\n"
    "\n"
    "and can vouch for nothing but this server's names. Compare the fingerprint before you trust "
    "it.\n"
    "\n"
    "Thunderbird (any system; it does not ask the system)\n"
    "  1. Settings > Privacy & Security > Security > Manage Certificates... > Authorities\n"
    "  2. Import..., choose the file\n"
    "  3. tick \"Trust this CA to identify websites\" (which means servers of any kind), OK\n"
    "\n"
    "Windows (Outlook, Mail)\n"
    "  In a command prompt:   certutil -user -addstore Root postern-ca.pem\n"
    "  Or name the file postern-ca.crt, double-click it, Install Certificate... > Current User >\n"
    "  Place all certificates in the following store > Trusted Root Certification Authorities.\n"
    "  Take it back:          certutil -user -delstore Root \"{3}\"\n"
    "\n"
    "macOS (Apple Mail)\n"
    "  security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db "
    "postern-ca.pem\n"
    "  Or open the file, put it into the login keychain, then in Keychain Access double-click it,\n"
    "  Trust > Secure Sockets Layer (SSL): Always Trust.\n"
    "\n"
    "Linux (Evolution, KMail, fetchmail, mpop, curl, ...)\n"
    "  Debian, Ubuntu:  sudo cp postern-ca.pem /usr/local/share/ca-certificates/postern.crt\n"
    "                   sudo update-ca-certificates\n"
    "  Fedora, RHEL:    sudo cp postern-ca.pem /etc/pki/ca-trust/source/anchors/\n"
    "                   sudo update-ca-trust\n"
    "  Arch:            sudo trust anchor postern-ca.pem\n"
    "\n"
    "Android (K-9 Mail, Thunderbird)\n"
    "  Settings > Security > Encryption & credentials > Install a certificate > CA certificate\n"
    "\n"
    "iPhone, iPad\n"
    "  Send yourself the file, open it, then Settings > General > VPN & Device Management > "
    "install,\n"
    "  and Settings > General > About > Certificate Trust Settings: switch it on.\n"
    "\n"
    "One program only\n"
    "  curl --cacert FILE, fetchmail: sslcertfile FILE, mpop: tls_trust_file FILE\n"
    "\n"
    "In the client the server's name must be one of: {4}.\n";

}  // namespace

int run_tls_init(const TlsOptions& options) {
  const LocalTls local = local_tls(StateFolder(options.state), options.names);
  LocalTlsChange change = LocalTlsChange::authority;
  if (options.force) {
    const auto made = make_local_tls(local, system_clock()());
    if (!made) return fail(made.error());
  } else {
    const auto ensured = ensure_local_tls(local, system_clock()());
    if (!ensured) return fail(ensured.error());
    change = *ensured;
  }
  switch (change) {
    case LocalTlsChange::none: fmt::print("all is there, and stays as it is\n"); break;
    case LocalTlsChange::certificate: fmt::print("made the server's certificate anew\n"); break;
    case LocalTlsChange::authority:
      fmt::print("made the authority and the server's certificate\n");
      break;
  }
  if (change != LocalTlsChange::none) {
    fmt::print(stderr, "A running posternd takes it up within the hour, at once after SIGHUP.\n");
  }
  return run_tls_show(options);
}

int run_tls_show(const TlsOptions& options) {
  const LocalTls local = local_tls(StateFolder(options.state), {});
  const auto authority = read_local(local.authority());
  if (!authority) return fail(authority.error());
  const auto server = read_local(local.identity().certificate);
  if (!server) return fail(server.error());
  if (options.json) {
    const boost::json::object all{{"authority", to_json(local.authority(), *authority)},
                                  {"certificate", to_json(local.identity().certificate, *server)}};
    fmt::print("{}\n", boost::json::serialize(all));
    return 0;
  }
  print("authority", local.authority(), *authority);
  print("certificate", local.identity().certificate, *server);
  return 0;
}

int run_tls_trust(const TlsOptions& options) {
  const LocalTls local = local_tls(StateFolder(options.state), {});
  const auto authority = read_local(local.authority());
  if (!authority) return fail(authority.error());
  const auto server = read_local(local.identity().certificate);
  if (!server) return fail(server.error());
  const std::string name = authority->subject.substr(authority->subject.rfind("= ") + 2);
  fmt::print(fmt::runtime(trust_text), absolute(local.authority()), authority->fingerprint,
             authority->subject, name, joined(server->names));
  return 0;
}

}  // namespace postern
