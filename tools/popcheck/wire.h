// Wire: one connection to a POP3 server, in the clear or under TLS, blocking with deadlines.
//
// Certificates are not verified: the protocol is what is checked, often with a certificate made for
// the purpose. The first trouble is kept and every later call does nothing, so that a check reads
// as a dialogue. Thread rule: one thread.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.h"
#include "popcheck/reply.h"

namespace popcheck {

enum class Security { none, tls, stls };

struct Target {
  std::string host;
  std::string port;
  std::string user;
  std::string password;
  Security security = Security::none;
  std::chrono::milliseconds patience{10'000};  // for each reply
};

struct TlsWish {
  int highest_version = 0;  // TLS1_1_VERSION and so on; 0: the library's default
  std::string alpn;         // one protocol; empty: none offered
  std::string server_name;  // empty: the target's, where that is no address
};

class Wire {
 public:
  // `transcript` is appended to and must outlive the wire.
  Wire(const Target& target, std::string& transcript);

  // False when there is no connection; trouble() says why.
  bool dial();
  bool start_tls(const TlsWish& wish = {});
  void send(std::string_view bytes);
  Reply read_reply();
  // A status line and, when it is +OK, the lines up to the single dot.
  Reply read_multi_line();
  // When the status line of the last reply was complete.
  std::chrono::steady_clock::time_point status_line_at() const { return status_line_at_; }
  // Reads and forgets until the server closes; false when it does not within `patience`.
  bool wait_for_close();
  // True when the server ended TLS properly; asks only after wait_for_close().
  bool got_close_notify() const { return close_notify_; }
  bool secure() const { return ssl_ != nullptr; }
  // For what TLS knows of the connection; null in the clear. Owned by the wire.
  SSL* tls() const { return ssl_.get(); }
  // Octets in the last piece that came: under TLS a record is never more than one piece.
  std::size_t last_piece() const { return last_piece_; }
  void half_close();
  void reset();    // TCP RST
  void cut_off();  // TCP FIN without TLS's close_notify
  const std::string& trouble() const { return trouble_; }

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  bool wait(short events);
  bool fill();
  long write_some(std::string_view bytes);
  void note(std::string_view side, std::string_view bytes);
  bool broke(std::string what);

  const Target& target_;
  std::string& transcript_;
  postern::FileHandle socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string input_;
  std::string trouble_;
  bool close_notify_ = false;
  bool closed_ = false;
  std::size_t last_piece_ = 0;
  std::chrono::steady_clock::time_point deadline_;
  std::chrono::steady_clock::time_point status_line_at_;
};

}  // namespace popcheck
