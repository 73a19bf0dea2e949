// TlsPeerCheck: looks at the certificate that a server shows, while OpenSSL verifies it, and says
// in plain words what is wrong with it. Only for net/tls_*.cc.
//
// Thread rule: that of the connection.
#pragma once

#include <memory>
#include <string>

#include "net/tls_client_context.h"
#include "net/tls_openssl.h"

namespace postern {

class TlsPeerCheck {
 public:
  TlsPeerCheck(std::shared_ptr<const TlsClientContext> context, std::string host)
      : context_(std::move(context)), host_(std::move(host)) {}

  // Makes the connection ask for the host and check its name; must outlive the connection.
  Result<void> attach(SSL* ssl);
  static TlsPeerCheck* of(SSL* ssl);
  // What SSL_CTX_set_verify(3) calls for each certificate, and for each fault.
  static int on_certificate(int sound, X509_STORE_CTX* store);

  // Why the handshake failed: what is wrong with the certificate, or the last error of OpenSSL.
  std::string failure() const;

  const TlsClientContext* context() const { return context_.get(); }
  const std::string& host() const { return host_; }

 private:
  std::string complaint(int error, int depth, X509* certificate) const;

  const std::shared_ptr<const TlsClientContext> context_;
  const std::string host_;
  std::string complaint_;
};

}  // namespace postern
