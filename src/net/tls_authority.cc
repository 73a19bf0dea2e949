#include "net/tls_authority.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/file.h"
#include "net/tls_openssl.h"

namespace postern {
namespace {

using ExtensionPtr = std::unique_ptr<X509_EXTENSION, OpenSslFree<X509_EXTENSION_free>>;

constexpr auto day = std::chrono::hours(24);
constexpr auto authority_life = 3650 * day;
// Some clients refuse server certificates of more than 398 days.
constexpr auto server_life = 397 * day;
constexpr auto renew_before = 30 * day;
// For clients whose clock is a little behind.
constexpr auto backdated = 1 * day;

Error failed(const char* what) {
  return {Errc::internal, std::string("cannot make ") + what + ": " + openssl_failure()};
}

using Names = std::vector<std::string>;

void add_name(Names& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> ignored{};
  return ::inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

bool is_dns_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return is_ascii_alnum(c) || c == '-' || c == '.' || c == '_';
  });
}

// What the server's certificate is for, in the form and order of certificate_names().
Result<Names> server_names(const LocalTls& local) {
  Names names{"localhost", "127.0.0.1", "::1"};
  for (const std::string& given : local.names) {
    const std::string name = ascii_lowered(given);
    if (!is_server_name(name)) {
      return Error(Errc::configuration,
                   "'" + given +
                       "' is neither a DNS name nor an address, so no certificate can "
                       "be made for it");
    }
    add_name(names, name);
  }
  return names;
}

// "DNS:localhost,IP:127.0.0.1", the syntax of x509v3_config(5).
std::string alternative_names(const Names& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

std::string name_constraints(const Names& names) {
  std::string text = "critical";
  for (const std::string& name : names) {
    if (!is_address(name)) {
      text += ",permitted;DNS:" + name;
    } else if (name == "127.0.0.1") {
      text += ",permitted;IP:127.0.0.0/255.0.0.0";
    } else {
      const bool v6 = name.find(':') != std::string::npos;
      text += ",permitted;IP:" + name +
              (v6 ? "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" : "/255.255.255.255");
    }
  }
  return text;
}

Result<KeyPtr> new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return failed("a key");
  return key;
}

bool add_extension(X509* certificate, X509* issuer, int type, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, type, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// RFC 5280 section 4.1.2.2: positive, at most 20 octets, not to be foreseen.
bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> octets{};
  if (RAND_bytes(octets.data(), octets.size()) != 1) return false;
  octets[0] = static_cast<unsigned char>((octets[0] & 0x7F) | 0x40);
  const std::unique_ptr<BIGNUM, OpenSslFree<BN_free>> number(
      BN_bin2bn(octets.data(), octets.size(), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509_NAME* name, const std::string& common_name) {
  const auto add = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", "Postern") && add("CN", common_name);
}

bool set_times(X509* certificate, UnixSeconds now, std::chrono::seconds life) {
  const auto at = [](UnixSeconds time) { return time.time_since_epoch().count(); };
  return ASN1_TIME_set(X509_getm_notBefore(certificate), at(now - backdated)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), at(now - backdated + life)) != nullptr;
}

// Serial, subject, times and key; a new certificate of version 3.
X509Ptr blank_certificate(const std::string& common_name, EVP_PKEY* key, UnixSeconds now,
                          std::chrono::seconds life) {
  X509Ptr certificate(X509_new());
  const bool done = certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
                    set_serial(certificate.get()) &&
                    set_name(X509_get_subject_name(certificate.get()), common_name) &&
                    set_times(certificate.get(), now, life) &&
                    X509_set_pubkey(certificate.get(), key) == 1;
  return done ? std::move(certificate) : nullptr;
}

Result<X509Ptr> new_authority(EVP_PKEY* key, const Names& names, UnixSeconds now) {
  // The key's beginning tells one machine's authority from another's in a client's list.
  std::array<unsigned char, 4> octets{};
  RAND_bytes(octets.data(), octets.size());
  const std::string mark =
      to_hex(std::string_view(reinterpret_cast<const char*>(octets.data()), octets.size()));
  X509Ptr certificate =
      blank_certificate("Postern local authority " + mark, key, now, authority_life);
  X509* x = certificate.get();
  const bool done = x != nullptr && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1 &&
                    add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(x, x, NID_ext_key_usage, "serverAuth") &&
                    add_extension(x, x, NID_subject_key_identifier, "hash") &&
                    add_extension(x, x, NID_name_constraints, name_constraints(names)) &&
                    X509_sign(x, key, EVP_sha256()) != 0;
  if (!done) return failed("the local authority");
  return certificate;
}

Result<X509Ptr> new_server_certificate(EVP_PKEY* key, X509* authority, EVP_PKEY* authority_key,
                                       const Names& names, UnixSeconds now) {
  X509Ptr certificate = blank_certificate("localhost", key, now, server_life);
  X509* x = certificate.get();
  const bool done = x != nullptr &&
                    X509_set_issuer_name(x, X509_get_subject_name(authority)) == 1 &&
                    add_extension(x, authority, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(x, authority, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(x, authority, NID_ext_key_usage, "serverAuth") &&
                    add_extension(x, authority, NID_subject_alt_name, alternative_names(names)) &&
                    add_extension(x, authority, NID_subject_key_identifier, "hash") &&
                    add_extension(x, authority, NID_authority_key_identifier, "keyid:always") &&
                    X509_sign(x, authority_key, EVP_sha256()) != 0;
  if (!done) return failed("the server's certificate");
  return certificate;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

// The key goes first: a certificate without its key would be worse than none.
Result<void> save(X509* certificate, const std::string& path, EVP_PKEY* key,
                  const std::string& key_path) {
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  const BioPtr key_text(BIO_new(BIO_s_secmem()));  // wiped when it is freed
  if (PEM_write_bio_X509(certificate_text.get(), certificate) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return failed("a file in PEM form");
  }
  char* data = nullptr;
  const long size = BIO_get_mem_data(key_text.get(), &data);
  const Result<void> key_saved =
      write_file_atomically(key_path, {data, static_cast<std::size_t>(size)}, 0600);
  if (!key_saved) return key_saved.error();
  return write_file_atomically(path, text_of(certificate_text.get()), 0644);
}

Error needs_new_authority(const LocalTls& local, const std::string& why) {
  return {Errc::configuration, "the local authority '" + local.authority() + "' " + why +
                                   ": make another one with `postern tls init --force`, and have "
                                   "clients trust it (`postern tls trust`)"};
}

Result<void> check_permitted(const LocalTls& local, X509* authority, X509* certificate) {
  NAME_CONSTRAINTS* constraints = static_cast<NAME_CONSTRAINTS*>(
      X509_get_ext_d2i(authority, NID_name_constraints, nullptr, nullptr));
  if (constraints == nullptr) return {};
  X509_check_purpose(certificate, -1, 0);  // reads the extensions of a certificate just made
  const int verdict = NAME_CONSTRAINTS_check(certificate, constraints);
  NAME_CONSTRAINTS_free(constraints);
  if (verdict == X509_V_OK) return {};
  return needs_new_authority(local, "may not sign for all the names that are wanted now");
}

Result<void> issue(const LocalTls& local, X509* authority, EVP_PKEY* authority_key,
                   const Names& names, UnixSeconds now) {
  const Result<KeyPtr> key = new_key();
  if (!key) return key.error();
  const Result<X509Ptr> certificate =
      new_server_certificate(key->get(), authority, authority_key, names, now);
  if (!certificate) return certificate.error();
  const Result<void> permitted = check_permitted(local, authority, certificate->get());
  if (!permitted) return permitted.error();
  const TlsIdentity files = local.identity();
  return save(certificate->get(), files.certificate, key->get(), files.key);
}

Result<void> make_both(const LocalTls& local, const Names& names, UnixSeconds now) {
  const Result<KeyPtr> key = new_key();
  if (!key) return key.error();
  const Result<X509Ptr> authority = new_authority(key->get(), names, now);
  if (!authority) return authority.error();
  const Result<void> saved =
      save(authority->get(), local.authority(), key->get(), local.authority_key());
  if (!saved) return saved.error();
  return issue(local, authority->get(), key->get(), names, now);
}

bool ends_before(const X509* certificate, UnixSeconds when) {
  std::time_t time = when.time_since_epoch().count();
  return X509_cmp_time(X509_get0_notAfter(certificate), &time) <= 0;
}

bool has_all(const Names& names, const Names& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

// True when the certificate serves those names, was signed by the authority and does not end soon.
bool is_current(X509* certificate, X509* authority, const Names& names, UnixSeconds now) {
  return !ends_before(certificate, now + renew_before) &&
         has_all(certificate_names(certificate), names) &&
         X509_verify(certificate, X509_get0_pubkey(authority)) == 1;
}

Result<FileLock> lock_folder(const LocalTls& local) {
  const Result<void> made = make_directories(local.folder);
  if (!made) return made.error();
  return FileLock::take(local.folder + "/lock", true);
}

Result<LocalTlsChange> renew(const LocalTls& local, Names names, UnixSeconds now) {
  const Result<X509Ptr> authority = load_certificate(local.authority());
  if (!authority) return authority.error();
  if (ends_before(authority->get(), now + server_life)) {
    return needs_new_authority(local, "ends before a new certificate would");
  }
  const TlsIdentity files = local.identity();
  if (is_file(files.certificate) && is_file(files.key)) {
    const Result<X509Ptr> certificate = load_certificate(files.certificate);
    const Result<KeyPtr> key = load_key(files.key);
    // A crash between two files leaves a pair that does not fit.
    if (certificate && key && X509_check_private_key(certificate->get(), key->get()) == 1 &&
        is_current(certificate->get(), authority->get(), names, now)) {
      return LocalTlsChange::none;
    }
    if (certificate) {
      for (const std::string& name : certificate_names(certificate->get())) add_name(names, name);
    }
  }
  const Result<KeyPtr> key = load_key(local.authority_key());
  if (!key) return key.error();
  if (X509_check_private_key(authority->get(), key->get()) != 1) {
    return needs_new_authority(local, "has another key than '" + local.authority_key() + "'");
  }
  const Result<void> issued = issue(local, authority->get(), key->get(), names, now);
  if (!issued) return issued.error();
  return LocalTlsChange::certificate;
}

}  // namespace

bool is_server_name(const std::string& name) { return is_address(name) || is_dns_name(name); }

Result<LocalTlsChange> ensure_local_tls(const LocalTls& local, UnixSeconds now) {
  const auto names = server_names(local);
  if (!names) return names.error();
  const Result<FileLock> lock = lock_folder(local);
  if (!lock) return lock.error();
  if (is_file(local.authority()) && is_file(local.authority_key())) {
    return renew(local, *names, now);
  }
  const Result<void> made = make_both(local, *names, now);
  if (!made) return made.error();
  return LocalTlsChange::authority;
}

Result<void> make_local_tls(const LocalTls& local, UnixSeconds now) {
  const auto names = server_names(local);
  if (!names) return names.error();
  const Result<FileLock> lock = lock_folder(local);
  if (!lock) return lock.error();
  return make_both(local, *names, now);
}

}  // namespace postern
