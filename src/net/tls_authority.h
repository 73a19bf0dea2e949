// A certificate authority of this machine's own, and the server certificate that it signs: so that
// TLS works from the first start on, before anybody has asked a public authority for one.
//
// Both are ECDSA with P-256. Someone who makes a client trust the authority trusts whoever gets
// hold of its key; so it is limited, by critical name constraints (RFC 5280 section 4.2.1.10) and
// to servers, to the names that it was made for.
//
//   FOLDER/ca.pem       the authority's certificate, 10 years: what clients are told to trust
//   FOLDER/ca.key       its key, 0600
//   FOLDER/server.pem   the server's certificate, 397 days, renewed 30 days before its end
//   FOLDER/server.key   its key, 0600
//
// Thread rule: safe from any thread and any process: a lock in the folder lets one work at a time.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/tls_context.h"

namespace postern {

struct LocalTls {
  std::string folder;
  // DNS names and addresses of the server, beside localhost, 127.0.0.1 and ::1.
  std::vector<std::string> names;

  std::string authority() const { return folder + "/ca.pem"; }
  std::string authority_key() const { return folder + "/ca.key"; }
  TlsIdentity identity() const { return {folder + "/server.pem", folder + "/server.key"}; }
};

// A DNS name or an address, as certificates name servers.
bool is_server_name(const std::string& name);

enum class LocalTlsChange { none, certificate, authority };

// Makes what is missing, and renews the server's certificate when it ends soon, when it is for
// other names, or when the authority did not sign it. Says what was made. Errc::configuration when
// the authority may not sign one of the names, or is about to end: then it must be made anew, and
// clients told of it.
Result<LocalTlsChange> ensure_local_tls(const LocalTls& local, UnixSeconds now);

// Makes both anew, whatever is there. Clients that trust the old authority must be told.
Result<void> make_local_tls(const LocalTls& local, UnixSeconds now);

}  // namespace postern
