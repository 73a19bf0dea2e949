// TlsClient: a TLS client on a connected blocking socket, for tests of the server's side.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <string_view>

namespace postern {

class TlsClient {
 public:
  struct Options {
    std::string authorities;  // PEM file; empty: whatever comes is believed
    std::string server_name;  // asked for, and checked when there are authorities
    std::string protocol;     // for ALPN; empty: none
    int version = 0;          // TLS1_2_VERSION...; 0: any
    std::string certificate;  // PEM files
    std::string key;
    SSL_SESSION* session = nullptr;  // to resume
    const char* suites = nullptr;    // of TLS 1.2
  };

  // Owns the descriptor.
  TlsClient(int descriptor, const Options& options) : descriptor_(descriptor) {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    // What old clients offer must get as far as the server.
    SSL_CTX_set_security_level(context_.get(), 0);
    if (options.version != 0) {
      SSL_CTX_set_min_proto_version(context_.get(), options.version);
      SSL_CTX_set_max_proto_version(context_.get(), options.version);
    }
    if (options.suites != nullptr) SSL_CTX_set_cipher_list(context_.get(), options.suites);
    if (!options.authorities.empty()) {
      SSL_CTX_load_verify_file(context_.get(), options.authorities.c_str());
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    }
    if (!options.certificate.empty()) {
      SSL_CTX_use_certificate_chain_file(context_.get(), options.certificate.c_str());
      SSL_CTX_use_PrivateKey_file(context_.get(), options.key.c_str(), SSL_FILETYPE_PEM);
    }
    ssl_.reset(SSL_new(context_.get()));
    if (!options.server_name.empty()) {
      SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
      if (!options.authorities.empty()) SSL_set1_host(ssl_.get(), options.server_name.c_str());
    }
    if (!options.protocol.empty()) {
      const std::string list = static_cast<char>(options.protocol.size()) + options.protocol;
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                          static_cast<unsigned>(list.size()));
    }
    if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session);
    SSL_set_fd(ssl_.get(), descriptor_);
  }
  ~TlsClient() { cut(); }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // False when it fails; failure() says why.
  bool connect() { return SSL_connect(ssl_.get()) == 1 || fail(); }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0 || fail();
  }
  // At least one octet; empty at the end or on failure.
  std::string receive(std::size_t most = 64 * 1024) {
    std::string bytes(most, '\0');
    const int count = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(most));
    if (count <= 0) {
      ended_ = SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN;
      if (!ended_) fail();
    }
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  // The server said close_notify.
  bool ended() const { return ended_; }
  void say_end() { SSL_shutdown(ssl_.get()); }
  // Without close_notify.
  void cut() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  SSL* ssl() { return ssl_.get(); }
  int descriptor() const { return descriptor_; }
  const std::string& failure() const { return failure_; }
  std::string server_common_name() {
    X509* certificate = SSL_get0_peer_certificate(ssl_.get());
    if (certificate == nullptr) return "";
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, 256);
    return name;
  }

 private:
  bool fail() {
    const char* reason = ERR_reason_error_string(ERR_peek_error());
    failure_ = reason != nullptr ? reason : "cut off";
    ERR_clear_error();
    return false;
  }
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  int descriptor_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::string failure_;
  bool ended_ = false;
};

}  // namespace postern
