// Stream: a connected socket with one deadline, in the clear or under TLS.
//
// How octets pass is the business of its Channel (net/channel.h); a Stream waits. It begins in the
// clear, and accept_tls() puts TLS between, at once or in the middle (STLS); after that nothing is
// different for its user.
//
// Every operation ends by the deadline that was set last; then it fails with Errc::unavailable
// and the connection is closed. One timer per stream: moving the deadline costs no timer queue
// operation, because the timer only wakes up to look whether the deadline is really over.
//
// Thread rule: one strand; all calls on the stream's executor. Destroy it there, too.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/tls_channel.h"

namespace postern {

class Stream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  explicit Stream(Socket socket);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // From now on operations must be done within `span`.
  void expire_after(std::chrono::steady_clock::duration span);

  // True when the deadline closed the stream.
  bool expired() const;

  // The server's side of a TLS handshake. When it fails the stream is of no more use.
  boost::asio::awaitable<Result<void>> accept_tls(std::shared_ptr<const TlsContext> context);
  // The client's side, towards `host`. Errc::configuration when the server's certificate or its TLS
  // is at fault, with the reason and what to do.
  boost::asio::awaitable<Result<void>> connect_tls(std::shared_ptr<const TlsClientContext> context,
                                                   std::string host);
  // Null in the clear.
  const TlsChannel* tls() const;

  // Waits until there is something to read, then reads at most `buffer.size()` octets.
  // 0 is the end of the peer's data; under TLS a connection that was cut off is an error instead.
  boost::asio::awaitable<Result<std::size_t>> read_some(std::span<char> buffer);

  // Writes all of `bytes`, which must stay valid until then.
  boost::asio::awaitable<Result<void>> write(std::string_view bytes);

  // Tells the peer that nothing more comes: that what it read is whole.
  void finish();

  // Suspends for `span`, or until the stream is closed.
  boost::asio::awaitable<void> pause(std::chrono::steady_clock::duration span);

  // Ends every operation under way; further ones fail. Safe to call twice.
  void close();

  boost::asio::any_io_executor executor();
  // "127.0.0.1:1234", for logs.
  const std::string& peer() const { return peer_; }
  // Nobody can listen in between: the peer is on this machine (RFC 8314 section 3 is about others).
  bool peer_is_local() const { return peer_is_local_; }
  // Nothing for a Unix socket.
  const std::optional<boost::asio::ip::address>& peer_address() const { return peer_address_; }
  // Somebody whom we trust says that the peer only passes on what comes from there.
  void set_peer(const boost::asio::ip::address& address, std::uint16_t port);

 private:
  struct Shared;
  static boost::asio::awaitable<Result<void>> shake_hands(std::shared_ptr<Shared> shared,
                                                          std::unique_ptr<TlsChannel> tls);

  std::shared_ptr<Shared> shared_;
  std::string peer_;
  std::optional<boost::asio::ip::address> peer_address_;
  bool peer_is_local_ = false;
};

}  // namespace postern
