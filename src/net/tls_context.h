// TlsContext: what the server's side of TLS is made of: certificates, their keys, which versions
// and ciphers, and whose client certificates are believed.
//
// TLS 1.2 and 1.3 with the suites of RFC 9325 section 4.2; no compression, no renegotiation, no
// early data. ALPN: a client that offers protocols must offer "pop3" (RFC 7301 section 3.2). The
// server name (RFC 6066 section 3) chooses the certificate; the first one serves everybody else.
//
// Immutable: a reload builds another one, and a session keeps that with which it began.
// Thread rule: const after load(), so share freely.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/tls_certificate.h"
#include "net/tls_ticket_keys.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace postern {

// Two PEM files, which may be one: the certificate followed by its chain, and the private key.
struct TlsIdentity {
  std::string certificate;
  std::string key;
};

struct TlsSetting {
  std::vector<TlsIdentity> identities;  // at least one; the first is the default
  // PEM file of the authorities whose client certificates are believed; empty: none is asked for.
  std::string client_authorities;
  bool client_certificate_required = false;
};

class TlsContext {
 public:
  // Reads the files. Errc::configuration says which one cannot be used, and why: not PEM, key and
  // certificate of different pairs, a key that everybody may read. An expired certificate is used
  // all the same; clients say what is wrong, and certificates() tells.
  static Result<std::shared_ptr<const TlsContext>> load(const TlsSetting& setting,
                                                        std::shared_ptr<TlsTicketKeys> ticket_keys);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // In the order of the identities.
  const std::vector<CertificateInfo>& certificates() const;

  // The default identity's context; for net/tls_channel.cc.
  ssl_ctx_st* native() const;

 private:
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
