// TlsChannel: one TLS connection, either side of it, over a non-blocking socket.
//
// OpenSSL reads and writes the socket itself (through a BIO of ours, which never raises SIGPIPE),
// so octets are copied once, by encryption. An idle connection holds no record buffer.
//
// Thread rule: one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/channel.h"
#include "net/tls_client_context.h"
#include "net/tls_context.h"

namespace postern {

// Who the client is, by a certificate that one of TlsSetting::client_authorities vouches for.
struct TlsClientIdentity {
  std::string common_name;                  // of the subject; may be empty
  std::vector<std::string> mail_addresses;  // rfc822Name entries of subjectAltName
  std::string fingerprint;                  // SHA-256: "AB:CD:..."
};

// Channel binding types (RFC 5929, RFC 9266) for SCRAM-...-PLUS.
enum class ChannelBinding { tls_exporter, tls_server_end_point };

class TlsChannel final : public Channel {
 public:
  // The descriptor of a non-blocking socket, which must stay open as long as this is used.
  static Result<std::unique_ptr<TlsChannel>> accept(std::shared_ptr<const TlsContext> context,
                                                    int descriptor);
  // The client's side. The server must prove to be `host`, a name or an address; failure() says
  // what is wrong and what to do.
  static Result<std::unique_ptr<TlsChannel>> connect(
      std::shared_ptr<const TlsClientContext> context, int descriptor, const std::string& host);
  ~TlsChannel() override;

  // To be made until it is done; then the others may be.
  ChannelStep handshake();

  // A connection that was cut off, without the peer's close_notify, fails; it does not end.
  ChannelStep read(std::span<char> buffer) override;
  ChannelStep write(std::string_view bytes) override;
  void finish() override;
  std::string failure() const override { return failure_; }
  // Errc::configuration when what failed is the server's certificate or its kind of TLS.
  Errc failure_kind() const { return failure_kind_; }

  // What the handshake settled.
  std::string version() const;      // "TLSv1.3"
  std::string cipher() const;       // "TLS_AES_128_GCM_SHA256"
  bool resumed() const;             // by a ticket
  std::string server_name() const;  // that the client asked for; may be empty

  // The octets of a channel binding; empty where it is not to be had: tls-exporter needs TLS 1.3,
  // tls-server-end-point a certificate whose signature has one hash (RFC 5929 section 4.1).
  std::string channel_binding(ChannelBinding type) const;

  // Nothing when the client showed no certificate. One that is not believed ends the handshake.
  std::optional<TlsClientIdentity> client() const;

 private:
  struct Ssl;
  TlsChannel(std::shared_ptr<const void> context, std::unique_ptr<Ssl> ssl);
  static std::unique_ptr<Ssl> open_session(ssl_ctx_st* context, int descriptor);
  ChannelStep after(int outcome, std::size_t count);
  std::size_t next_record(std::size_t available);

  const std::shared_ptr<const void> context_;
  const std::unique_ptr<Ssl> ssl_;
  std::string failure_;
  Errc failure_kind_ = Errc::unavailable;
  std::size_t begun_record_ = 0;  // octets of the record that the socket has not taken yet
  std::chrono::steady_clock::time_point last_write_{};
};

}  // namespace postern
