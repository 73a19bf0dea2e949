#include "net/tls_client_context.h"

#include <openssl/err.h>

#include <map>
#include <mutex>

#include "base/ascii.h"
#include "base/crypto.h"
#include "net/tls_peer_check.h"

namespace postern {
namespace {

// RFC 9325 section 4.2: forward secrecy and authenticated encryption, nothing else.
constexpr const char* suites_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// RFC 7301 section 6, as it stands in a list of one.
constexpr std::string_view alpn = "\x04pop3";

constexpr std::size_t most_sessions = 64;

using SessionPtr = std::unique_ptr<SSL_SESSION, OpenSslFree<SSL_SESSION_free>>;

Error unusable(const std::string& what) {
  return {Errc::configuration, what + ": " + openssl_failure()};
}

bool is_pin(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

int keep_session(SSL* ssl, SSL_SESSION* session) {
  const TlsPeerCheck* check = TlsPeerCheck::of(ssl);
  if (check == nullptr || check->context() == nullptr) return 0;
  check->context()->remember(check->host(), session);
  return 1;
}

}  // namespace

struct TlsClientContext::Impl {
  SslContextPtr context;
  std::string pin;
  std::mutex mutex;  // guards what follows
  std::map<std::string, SessionPtr> sessions;
};

TlsClientContext::TlsClientContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsClientContext::~TlsClientContext() = default;

Result<std::shared_ptr<const TlsClientContext>> TlsClientContext::load(const TlsTrust& trust) {
  auto impl = std::make_unique<Impl>();
  impl->pin = ascii_lowered(trust.pin);
  if (!impl->pin.empty() && !is_pin(impl->pin)) {
    return Error(Errc::configuration,
                 "'" + trust.pin +
                     "' is no pin: write the SHA-256 of the server's public key as "
                     "64 hexadecimal digits");
  }
  impl->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* ssl = impl->context.get();
  const int least = trust.least == TlsVersion::tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
  if (!impl->context || SSL_CTX_set_min_proto_version(ssl, least) != 1 ||
      SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(ssl, suites_1_2) != 1 ||
      SSL_CTX_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(alpn.data()),
                              static_cast<unsigned>(alpn.size())) != 0) {
    return unusable("this OpenSSL cannot do what Postern needs of it");
  }
  if (trust.authorities.empty()) {
    if (SSL_CTX_set_default_verify_paths(ssl) != 1) {
      return unusable("the system's list of authorities cannot be read");
    }
  } else if (SSL_CTX_load_verify_file(ssl, trust.authorities.c_str()) != 1) {
    return unusable("no certificates in PEM form in '" + trust.authorities + "'");
  }
  // A server's own certificate in the file is as good as its authority's.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
  SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(ssl, 1);
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, TlsPeerCheck::on_certificate);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ssl, keep_session);
  return std::shared_ptr<const TlsClientContext>(new TlsClientContext(std::move(impl)));
}

ssl_ctx_st* TlsClientContext::native() const { return impl_->context.get(); }

const std::string& TlsClientContext::pin() const { return impl_->pin; }

void TlsClientContext::remember(const std::string& host, SSL_SESSION* session) const {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->sessions.size() >= most_sessions) impl_->sessions.clear();
  impl_->sessions[host].reset(session);
}

SSL_SESSION* TlsClientContext::find_session(const std::string& host) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->sessions.find(host);
  if (found == impl_->sessions.end()) return nullptr;
  SSL_SESSION* session = found->second.get();
  if (SSL_SESSION_is_resumable(session) != 1) return nullptr;
  SSL_SESSION_up_ref(session);
  return session;
}

}  // namespace postern
