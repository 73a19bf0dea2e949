#include "net/tls_certificate.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"
#include "net/tls_authority.h"
#include "net/tls_openssl.h"

namespace postern {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslFree<GENERAL_NAMES_free>>;

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string address_text(const ASN1_STRING* octets) {
  const int family = ASN1_STRING_length(octets) == 4 ? AF_INET : AF_INET6;
  if (family == AF_INET6 && ASN1_STRING_length(octets) != 16) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, ASN1_STRING_get0_data(octets), text.data(), text.size());
  return text.data();
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

GeneralNamesPtr alternative_names(const X509* certificate) {
  return GeneralNamesPtr(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

std::string common_name(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return "";
  unsigned char* utf8 = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return "";
  const std::string name(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  // A NUL within was put there to be taken for the end of a shorter name.
  return name.find('\0') == std::string::npos ? name : "";
}

UnixSeconds time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return UnixSeconds(std::chrono::seconds(::timegm(&parts)));
}

std::string fingerprint_of(const X509* certificate) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest.data(), &size);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i != 0) text += ':';
    text += digits[digest[i] / 16];
    text += digits[digest[i] % 16];
  }
  return text;
}

Result<BioPtr> open_pem(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text) return Error(Errc::configuration, text.error().detail);
  BioPtr bio(BIO_new(BIO_s_mem()));
  BIO_write(bio.get(), text->data(), static_cast<int>(text->size()));
  return bio;
}

}  // namespace

std::string openssl_failure() {
  const unsigned long first = ERR_get_error();
  ERR_clear_error();
  if (first == 0) return "unknown reason";
  const char* reason = ERR_reason_error_string(first);
  return reason != nullptr ? reason : "error " + std::to_string(first);
}

Result<X509Ptr> load_certificate(const std::string& path) {
  const Result<BioPtr> bio = open_pem(path);
  if (!bio) return bio.error();
  X509Ptr certificate(PEM_read_bio_X509(bio->get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    return Error(Errc::configuration,
                 "no certificate in PEM form in '" + path + "': " + openssl_failure());
  }
  return certificate;
}

Result<KeyPtr> load_key(const std::string& path) {
  const Result<BioPtr> bio = open_pem(path);
  if (!bio) return bio.error();
  // An empty passphrase instead of a question on the terminal.
  char no_passphrase[] = "";
  KeyPtr key(PEM_read_bio_PrivateKey(bio->get(), nullptr, nullptr, no_passphrase));
  if (!key) {
    return Error(Errc::configuration, "no private key in PEM form and without passphrase in '" +
                                          path + "': " + openssl_failure());
  }
  return key;
}

std::vector<std::string> certificate_names(X509* certificate) {
  std::vector<std::string> names;
  const GeneralNamesPtr alternatives = alternative_names(certificate);
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS) names.push_back(ascii_lowered(text_of(name->d.dNSName)));
    if (name->type == GEN_IPADD) names.push_back(address_text(name->d.iPAddress));
  }
  const std::string common = ascii_lowered(common_name(certificate));
  if (!alternatives && is_server_name(common)) names.push_back(common);
  return names;
}

TlsClientIdentity client_identity(X509* certificate) {
  TlsClientIdentity identity;
  identity.common_name = common_name(certificate);
  const GeneralNamesPtr alternatives = alternative_names(certificate);
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_EMAIL) identity.mail_addresses.push_back(text_of(name->d.rfc822Name));
  }
  identity.fingerprint = fingerprint_of(certificate);
  return identity;
}

std::string certificate_subject(X509* certificate) {
  return name_text(X509_get_subject_name(certificate));
}
std::string certificate_issuer(X509* certificate) {
  return name_text(X509_get_issuer_name(certificate));
}
std::string certificate_fingerprint(X509* certificate) { return fingerprint_of(certificate); }
UnixSeconds certificate_begin(X509* certificate) {
  return time_of(X509_get0_notBefore(certificate));
}
UnixSeconds certificate_end(X509* certificate) { return time_of(X509_get0_notAfter(certificate)); }

std::string public_key_digest(X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  if (size <= 0) return "";
  const std::string digest =
      sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return to_hex(digest);
}

Result<CertificateInfo> read_certificate(const std::string& path) {
  const Result<X509Ptr> loaded = load_certificate(path);
  if (!loaded) return loaded.error();
  X509* certificate = loaded->get();
  return CertificateInfo{name_text(X509_get_subject_name(certificate)),
                         name_text(X509_get_issuer_name(certificate)),
                         certificate_names(certificate),
                         time_of(X509_get0_notBefore(certificate)),
                         time_of(X509_get0_notAfter(certificate)),
                         fingerprint_of(certificate)};
}

}  // namespace postern
