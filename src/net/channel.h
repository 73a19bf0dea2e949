// Channel: how octets pass through a connected socket without ever blocking: in the clear
// (PlainChannel) or under TLS (TlsChannel, net/tls_channel.h).
//
// A Stream owns the socket and does the waiting: a step that wants the socket to be readable or
// writable is made again, with the same octets, when it is. Nothing here may be called once the
// descriptor is closed.
//
// Thread rule: one thread at a time.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace postern {

struct ChannelStep {
  enum class Outcome { done, wants_read, wants_write, end, failed };

  Outcome outcome = Outcome::done;
  std::size_t count = 0;  // octets that passed; when done only
};

class Channel {
 public:
  virtual ~Channel() = default;

  // `end`: the peer has said that nothing more comes, and nobody cut it off.
  virtual ChannelStep read(std::span<char> buffer) = 0;
  // May pass fewer octets than there are.
  virtual ChannelStep write(std::string_view bytes) = 0;
  // Tells the peer that nothing more comes, if that can be done at once.
  virtual void finish() = 0;
  // What failed last.
  virtual std::string failure() const = 0;
};

class PlainChannel final : public Channel {
 public:
  // The descriptor of a non-blocking socket, which must stay open as long as this is used.
  explicit PlainChannel(int descriptor) : descriptor_(descriptor) {}

  ChannelStep read(std::span<char> buffer) override;
  ChannelStep write(std::string_view bytes) override;
  void finish() override;
  std::string failure() const override;

 private:
  ChannelStep blocked_or_failed(ChannelStep::Outcome blocked);

  const int descriptor_;
  int error_ = 0;  // errno
};

}  // namespace postern
