#include "net/tls_context.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <unordered_map>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"
#include "net/tls_openssl.h"

namespace postern {
namespace {

// RFC 9325 section 4.2: forward secrecy and authenticated encryption, nothing else.
constexpr const char* suites_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* suites_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";

// RFC 7301 section 6, as it stands in the list of a ClientHello.
constexpr std::string_view alpn = "\x04pop3";

Error unusable(const std::string& what) {
  return {Errc::configuration, what + ": " + openssl_failure()};
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* found = nullptr;
  const int outcome =
      SSL_select_next_proto(&found, chosen_size, reinterpret_cast<const unsigned char*>(&alpn[0]),
                            alpn.size(), offered, offered_size);
  // A browser that was lured here must not get an answer that it could take for its own protocol's.
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// Seals (1) and opens tickets; see SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
int use_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* code, int sealing) {
  auto& keys = *static_cast<TlsTicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  const TlsTicketKeys::Key newest = keys.current();
  TlsTicketKeys::Key key = newest;
  if (sealing == 1) {
    std::copy(key.name.begin(), key.name.end(), name);
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  } else {
    auto found = keys.find({reinterpret_cast<const char*>(name), TlsTicketKeys::name_size});
    if (!found) return 0;  // too old: a full handshake
    key = std::move(*found);
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.code.data(), key.code.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  const auto* secret = reinterpret_cast<const unsigned char*>(key.cipher.data());
  const bool ready =
      EVP_MAC_CTX_set_params(code, parameters) == 1 &&
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, secret, iv, sealing) == 1;
  const bool outdated = key.name != newest.name;
  wipe(key.cipher);
  wipe(key.code);
  if (!ready) return -1;
  return sealing != 1 && outdated ? 2 : 1;  // 2: give the client a new one
}

Result<void> check_key_file(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0) {
    return Error(Errc::configuration, "everybody may read the private key '" + path +
                                          "': take that right away with chmod o= '" + path + "'");
  }
  return {};
}

// All but the certificate.
Result<SslContextPtr> make_context(TlsTicketKeys& keys) {
  SslContextPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* ssl = context.get();
  if (!context || SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(ssl, suites_1_2) != 1 ||
      SSL_CTX_set_ciphersuites(ssl, suites_1_3) != 1 ||
      SSL_CTX_set1_groups_list(ssl, groups) != 1) {
    return unusable("this OpenSSL cannot do what Postern needs of it");
  }
  // A client that lists ChaCha20 first has no AES in hardware, and gets it.
  SSL_CTX_set_options(ssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // An idle session keeps no record buffer; reading ahead saves a system call for each record.
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_read_ahead(ssl, 1);
  SSL_CTX_set_alpn_select_cb(ssl, choose_protocol, nullptr);
  // Resumption by tickets alone: the server remembers nothing. One is enough, because a POP3 client
  // has one connection at a time, and resuming gives it the next.
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(ssl, 1);
  SSL_CTX_set_timeout(ssl, keys.lifetime().count());
  SSL_CTX_set_app_data(ssl, &keys);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(ssl, use_ticket_key);
  return context;
}

Result<void> ask_for_client_certificates(SSL_CTX* context, const TlsSetting& setting) {
  std::string scope = "pop3";  // what a ticket must have been issued under to be resumed
  if (!setting.client_authorities.empty()) {
    const Result<std::string> text = read_file(setting.client_authorities);
    if (!text) return Error(Errc::configuration, text.error().detail);
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(setting.client_authorities.c_str());
    if (names == nullptr ||
        SSL_CTX_load_verify_file(context, setting.client_authorities.c_str()) != 1) {
      return unusable("no certificates of authorities in PEM form in '" +
                      setting.client_authorities + "'");
    }
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(
        context,
        SSL_VERIFY_PEER |
            (setting.client_certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        nullptr);
    scope += (setting.client_certificate_required ? "!" : "?") + *text;
  }
  const std::string id = sha256(scope);
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()),
                                 static_cast<unsigned>(id.size()));
  return {};
}

Result<void> use_identity(SSL_CTX* context, const TlsIdentity& identity) {
  const Result<void> sound = check_key_file(identity.key);
  if (!sound) return sound.error();
  const Result<std::string> readable = read_file(identity.certificate);
  if (!readable) return Error(Errc::configuration, readable.error().detail);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, identity.certificate.c_str()) != 1) {
    return unusable("no certificate that can be used in '" + identity.certificate + "'");
  }
  const Result<KeyPtr> key = load_key(identity.key);
  if (!key) return key.error();
  if (SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return unusable("the private key '" + identity.key + "' is not that of the certificate '" +
                    identity.certificate + "'");
  }
  return {};
}

}  // namespace

struct TlsContext::Impl {
  // The context for a server name: an exact name goes before a wildcard, which stands for one label
  // (RFC 9525 section 6.3).
  SSL_CTX* find(std::string_view server_name) const {
    std::string name = ascii_lowered(server_name);
    if (const auto exact = by_name.find(name); exact != by_name.end()) return exact->second;
    const std::size_t dot = name.find('.');
    if (dot == std::string::npos) return nullptr;
    const auto wildcard = by_name.find(name.replace(0, dot, "*"));
    return wildcard != by_name.end() ? wildcard->second : nullptr;
  }

  // RFC 6066 section 3. Names that nobody knows are served by the default: that tells no more than
  // the certificate does.
  static int choose_identity(SSL* ssl, int*, void* impl) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_CTX* chosen = static_cast<const Impl*>(impl)->find(name);
    if (chosen == nullptr) return SSL_TLSEXT_ERR_NOACK;
    return SSL_set_SSL_CTX(ssl, chosen) != nullptr ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  Result<void> add(const TlsSetting& setting, const TlsIdentity& identity) {
    Result<SslContextPtr> context = make_context(*ticket_keys);
    if (!context) return context.error();
    const Result<void> asked = ask_for_client_certificates(context->get(), setting);
    if (!asked) return asked.error();
    const Result<void> used = use_identity(context->get(), identity);
    if (!used) return used.error();
    Result<CertificateInfo> info = read_certificate(identity.certificate);
    if (!info) return info.error();
    for (const std::string& name : info->names) by_name.emplace(name, context->get());
    certificates.push_back(std::move(*info));
    contexts.push_back(std::move(*context));
    return {};
  }

  std::shared_ptr<TlsTicketKeys> ticket_keys;
  std::vector<SslContextPtr> contexts;
  std::vector<CertificateInfo> certificates;
  std::unordered_map<std::string, SSL_CTX*> by_name;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::load(
    const TlsSetting& setting, std::shared_ptr<TlsTicketKeys> ticket_keys) {
  auto impl = std::make_unique<Impl>();
  impl->ticket_keys = std::move(ticket_keys);
  for (const TlsIdentity& identity : setting.identities) {
    const Result<void> added = impl->add(setting, identity);
    if (!added) return added.error();
  }
  if (impl->contexts.empty()) return Error(Errc::configuration, "no certificate is given for TLS");
  SSL_CTX* first = impl->contexts.front().get();
  SSL_CTX_set_tlsext_servername_callback(first, Impl::choose_identity);
  SSL_CTX_set_tlsext_servername_arg(first, impl.get());
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(impl)));
}

const std::vector<CertificateInfo>& TlsContext::certificates() const { return impl_->certificates; }

ssl_ctx_st* TlsContext::native() const { return impl_->contexts.front().get(); }

}  // namespace postern
