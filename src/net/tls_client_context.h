// TlsClientContext: what the client's side of TLS is made of: whom to trust, and how little is
// enough.
//
// TLS 1.2 and 1.3 with the suites of RFC 9325 section 4.2. The server must show a certificate that
// a trusted authority vouches for and that names the host (RFC 9525: subjectAltName alone, a
// wildcard for one whole label); a pin narrows that down to one key. The server's name is sent
// (RFC 6066 section 3), and "pop3" by ALPN (RFC 7301).
//
// Sessions are remembered, a few hosts each, so that the next connection costs no full handshake.
//
// Thread rule: safe from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;      // OpenSSL's SSL_CTX
struct ssl_session_st;  // SSL_SESSION

namespace postern {

enum class TlsVersion { tls_1_2, tls_1_3 };

struct TlsTrust {
  // PEM file of the authorities that are trusted, or of the server's own certificate; empty: those
  // that the system trusts.
  std::string authorities{};
  // SHA-256 of the server's public key (its SubjectPublicKeyInfo) as 64 hexadecimal digits; empty:
  // any key that the authorities vouch for.
  std::string pin{};
  TlsVersion least = TlsVersion::tls_1_2;
};

class TlsClientContext {
 public:
  // Errc::configuration when the file holds no certificates, or the pin is none.
  static Result<std::shared_ptr<const TlsClientContext>> load(const TlsTrust& trust);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  // For net/tls_channel.cc.
  ssl_ctx_st* native() const;
  const std::string& pin() const;
  // Takes the session over; forgets the host's last one.
  void remember(const std::string& host, ssl_session_st* session) const;
  // The caller's to free; null for none.
  ssl_session_st* find_session(const std::string& host) const;

 private:
  struct Impl;
  explicit TlsClientContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
