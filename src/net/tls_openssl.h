// What the files net/tls_*.cc share: OpenSSL's objects as owners, and its errors as text. Never
// included elsewhere.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/tls_channel.h"

namespace postern {

template <auto free_object>
struct OpenSslFree {
  template <class T>
  void operator()(T* object) const {
    free_object(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpenSslFree<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, OpenSslFree<X509_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, OpenSslFree<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, OpenSslFree<SSL_free>>;

// Why the last call on this thread failed, in OpenSSL's words; empties its queue of errors.
std::string openssl_failure();

// The first certificate of a PEM file.
Result<X509Ptr> load_certificate(const std::string& path);
Result<KeyPtr> load_key(const std::string& path);

// The names that a certificate is for: its subjectAltNames (DNS names in lower case, addresses as
// text), or without any its common name if that can be one.
std::vector<std::string> certificate_names(X509* certificate);

TlsClientIdentity client_identity(X509* certificate);

// For texts; dates are those of validity.
std::string certificate_subject(X509* certificate);
std::string certificate_issuer(X509* certificate);
std::string certificate_fingerprint(X509* certificate);  // "AB:CD:..."
UnixSeconds certificate_begin(X509* certificate);
UnixSeconds certificate_end(X509* certificate);
// SHA-256 of its SubjectPublicKeyInfo, in lower-case hexadecimal.
std::string public_key_digest(X509* certificate);

}  // namespace postern
