// Server certificates with any fault, and the authority that vouches for them, made for one test.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <string>

namespace postern {

// FOLDER/PREFIX-ca.pem, and FOLDER/PREFIX.pem with FOLDER/PREFIX.key.
class TestServerCertificate {
 public:
  struct Options {
    std::string alternative_names = "DNS:pop.test";  // empty: no such field
    std::string common_name = "a server";
    long begins = -3600;  // seconds from now
    long ends = 3600;
    long authority_ends = 3600;
    bool self_signed = false;
  };

  TestServerCertificate(const std::string& folder, const std::string& prefix,
                        const Options& options)
      : authority_file(folder + "/" + prefix + "-ca.pem"),
        certificate_file(folder + "/" + prefix + ".pem"),
        key_file(folder + "/" + prefix + ".key") {
    const Key authority_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const Certificate authority =
        make("Test authority " + prefix, authority_key.get(), -7200, options.authority_ends);
    X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get()));
    add(authority.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(authority.get(), authority_key.get(), EVP_sha256());
    const Certificate server = make(options.common_name, key.get(), options.begins, options.ends);
    const X509* issuer = options.self_signed ? server.get() : authority.get();
    X509_set_issuer_name(server.get(), X509_get_subject_name(issuer));
    if (!options.alternative_names.empty()) {
      add(server.get(), NID_subject_alt_name, options.alternative_names);
    }
    X509_sign(server.get(), options.self_signed ? key.get() : authority_key.get(), EVP_sha256());
    write(authority_file, [&](FILE* file) { PEM_write_X509(file, authority.get()); });
    write(certificate_file, [&](FILE* file) { PEM_write_X509(file, server.get()); });
    write(key_file, [&](FILE* file) {
      PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }

  const std::string authority_file;
  const std::string certificate_file;
  const std::string key_file;

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  static Certificate make(const std::string& common_name, EVP_PKEY* key, long begins, long ends) {
    Certificate certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), begins);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ends);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    return certificate;
  }
  static void add(X509* certificate, int type, const std::string& value) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, type, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  template <class Write>
  static void write(const std::string& path, Write write_to) {
    FILE* file = std::fopen(path.c_str(), "w");
    write_to(file);
    std::fclose(file);
  }
};

}  // namespace postern
