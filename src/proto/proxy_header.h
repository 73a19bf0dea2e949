// ProxyHeader: what a proxy in front of us says, before anything else, about the connection that it
// passes on: the PROXY protocol of HAProxy, versions 1 (a line) and 2 (binary).
//
// Whoever may send it can claim any address, so only connections from trusted proxies are asked for
// one; and those must begin with one. The header is read exactly to its end, because what follows
// may be a TLS handshake.
//
// Thread rule: one thread at a time. Bounds: a header of at most 2,064 octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

class ProxyHeader {
 public:
  struct Source {
    std::string address;  // numeric
    std::uint16_t port = 0;
    bool v6 = false;
  };

  // So many octets can be read next without reading beyond the header; 0 when it is complete.
  std::size_t wanted() const;

  // Takes at most wanted() octets. Errc::bad_data for what is no such header; it stays bad.
  Result<void> feed(std::string_view bytes);

  // Who really connects. Nothing when the proxy speaks for itself (a health check), or does not
  // say.
  const std::optional<Source>& source() const { return source_; }
  // The client reached the proxy by TLS (version 2, PP2_TYPE_SSL).
  bool client_used_tls() const { return client_used_tls_; }

 private:
  enum class Stage { start, line, fixed, rest, done, bad };

  Result<void> fail(const char* why);
  Result<void> take_line();
  Result<void> take_fixed();
  void take_rest();
  void take_extensions(std::string_view extensions);

  Stage stage_ = Stage::start;
  std::string octets_;
  std::size_t size_ = 0;  // of the whole header, version 2
  std::optional<Source> source_;
  bool client_used_tls_ = false;
};

}  // namespace postern
