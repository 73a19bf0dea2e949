// What a certificate says of itself, for logs and for `postern tls show`.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace postern {

struct CertificateInfo {
  std::string subject;             // "CN = localhost"
  std::string issuer;              // the same of who signed it
  std::vector<std::string> names;  // what it is for: DNS names and addresses
  UnixSeconds not_before{};
  UnixSeconds not_after{};
  std::string fingerprint;  // SHA-256 in the form that clients show: "AB:CD:..."
};

// The first certificate of a PEM file.
Result<CertificateInfo> read_certificate(const std::string& path);

}  // namespace postern
