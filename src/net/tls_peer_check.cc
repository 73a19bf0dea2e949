#include "net/tls_peer_check.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/clock.h"

namespace postern {
namespace {

int data_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

std::string joined(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  return names.size() > shown ? text + ", ..." : text;
}

bool is_address(const std::string& host) {
  return host.find(':') != std::string::npos ||
         host.find_first_not_of("0123456789.") == std::string::npos;
}

}  // namespace

Result<void> TlsPeerCheck::attach(SSL* ssl) {
  // An address is no server name (RFC 6066 section 3).
  const bool address = is_address(host_);
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(
      parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  const bool named = address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host_.c_str()) == 1
                             : SSL_set_tlsext_host_name(ssl, host_.c_str()) == 1 &&
                                   X509_VERIFY_PARAM_set1_host(parameters, host_.c_str(), 0) == 1;
  if (!named || SSL_set_ex_data(ssl, data_index(), this) != 1) {
    return Error(Errc::configuration,
                 "'" + host_ + "' cannot be the name of a server: " + openssl_failure());
  }
  if (SSL_SESSION* session = context_->find_session(host_)) {
    SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
  }
  return {};
}

TlsPeerCheck* TlsPeerCheck::of(SSL* ssl) {
  return static_cast<TlsPeerCheck*>(SSL_get_ex_data(ssl, data_index()));
}

int TlsPeerCheck::on_certificate(int sound, X509_STORE_CTX* store) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsPeerCheck* check = of(ssl);
  if (check == nullptr) return 0;
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  const int depth = X509_STORE_CTX_get_error_depth(store);
  if (sound != 1) {
    check->complaint_ = check->complaint(X509_STORE_CTX_get_error(store), depth, certificate);
    return 0;
  }
  const std::string& pin = check->context_->pin();
  if (depth != 0 || pin.empty() || public_key_digest(certificate) == pin) return 1;
  check->complaint_ = "the public key of " + check->host_ +
                      " is not the one that was pinned, but has the SHA-256 " +
                      public_key_digest(certificate) +
                      "; if its administrator says that it was changed, change tls_pin";
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

std::string TlsPeerCheck::complaint(int error, int depth, X509* certificate) const {
  const std::string whose = depth == 0 ? "the certificate of " + host_
                                       : "a certificate that vouches for " + host_ + " (" +
                                             certificate_subject(certificate) + ")";
  const std::string way_out =
      "; if it is the right one, keep it in a file and name that in tls_authorities (SHA-256 " +
      (certificate != nullptr ? certificate_fingerprint(certificate) : "unknown") + ")";
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return whose + " expired on " + to_rfc3339(certificate_end(certificate)) +
             "; its administrator must renew it, or this machine's clock is wrong";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return whose + " is not valid before " + to_rfc3339(certificate_begin(certificate)) +
             "; check this machine's clock";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return whose + " is signed by nobody but itself" + way_out;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return whose + " is signed by an authority that is not trusted here (" +
             certificate_issuer(certificate) + "), or the server does not send its whole chain" +
             way_out;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      const std::vector<std::string> names = certificate_names(certificate);
      const bool common = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1) < 0 &&
                          std::count(names.begin(), names.end(), ascii_lowered(host_)) > 0;
      if (common) {
        return whose +
               " has that name only as its common name, which does not count any more "
               "(RFC 9525); its administrator must name it in subjectAltName";
      }
      return "the certificate is for " + (names.empty() ? "no server" : joined(names)) +
             " and not for " + host_ + "; use the name that it is for, or somebody else answers";
    }
    default: return whose + ": " + X509_verify_cert_error_string(error);
  }
}

std::string TlsPeerCheck::failure() const {
  const int reason = ERR_GET_REASON(ERR_peek_error());
  std::string text = openssl_failure();
  if (!complaint_.empty()) return complaint_;
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
      return host_ +
             " speaks only versions of TLS that are too old; its administrator must allow "
             "TLS 1.2 or 1.3";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_NO_CIPHERS_AVAILABLE:
      return host_ + " and Postern have no cipher in common that is safe";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return host_ + " answers without TLS there: check the port, or use STLS";
    default: return text;
  }
}

}  // namespace postern
