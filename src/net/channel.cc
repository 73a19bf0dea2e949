#include "net/channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace postern {

using Outcome = ChannelStep::Outcome;

ChannelStep PlainChannel::blocked_or_failed(Outcome blocked) {
  if (errno == EAGAIN || errno == EWOULDBLOCK) return {blocked};
  error_ = errno;
  return {Outcome::failed};
}

ChannelStep PlainChannel::read(std::span<char> buffer) {
  ssize_t count = 0;
  do {
    count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return blocked_or_failed(Outcome::wants_read);
  if (count == 0) return {Outcome::end};
  return {Outcome::done, static_cast<std::size_t>(count)};
}

ChannelStep PlainChannel::write(std::string_view bytes) {
  ssize_t count = 0;
  do {
    count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return blocked_or_failed(Outcome::wants_write);
  return {Outcome::done, static_cast<std::size_t>(count)};
}

void PlainChannel::finish() { ::shutdown(descriptor_, SHUT_WR); }

std::string PlainChannel::failure() const { return std::strerror(error_); }

}  // namespace postern
