#include "popcheck/wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace popcheck {
namespace {

constexpr std::size_t shown_limit = 200;          // of one line in the transcript
constexpr std::size_t body_limit = 256UL << 20U;  // of a reply; more is a server gone wild

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

// One for all connections: thousands of them would spend more on contexts than on anything else.
SSL_CTX* shared_context() {
  static SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  return context;
}

}  // namespace

Wire::Wire(const Target& target, std::string& transcript)
    : target_(target), transcript_(transcript) {}

bool Wire::broke(std::string what) {
  if (trouble_.empty()) trouble_ = std::move(what);
  return false;
}

void Wire::note(std::string_view side, std::string_view bytes) {
  transcript_ += side;
  for (const char c : bytes.substr(0, shown_limit)) {
    if (c == '\r' || c == '\n') continue;
    transcript_ += c >= ' ' && c <= '~' ? c : '?';
  }
  if (bytes.size() > shown_limit) transcript_ += "...";
  transcript_ += '\n';
}

bool Wire::dial() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int fault = getaddrinfo(target_.host.c_str(), target_.port.c_str(), &hints, &found)) {
    return broke(target_.host + ": " + gai_strerror(fault));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    postern::FileHandle candidate(socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(candidate.get(), one->ai_addr, one->ai_addrlen) != 0) continue;
    const int on = 1;
    setsockopt(candidate.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(candidate.get(), F_SETFL, O_NONBLOCK);
    socket_ = std::move(candidate);
    return true;
  }
  return broke("cannot connect to " + target_.host + ":" + target_.port + ": " +
               std::strerror(errno));
}

bool Wire::wait(short events) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  pollfd one{socket_.get(), events, 0};
  if (left.count() > 0 && poll(&one, 1, static_cast<int>(left.count())) > 0) return true;
  return broke("no answer in time");
}

bool Wire::start_tls(const TlsWish& wish) {
  ssl_.reset(SSL_new(shared_context()));
  if (wish.highest_version != 0) {
    // Old versions need the library's lowest level, so that a refusal is the server's.
    SSL_set_security_level(ssl_.get(), 0);
    SSL_set_min_proto_version(ssl_.get(), TLS1_VERSION);
    SSL_set_max_proto_version(ssl_.get(), wish.highest_version);
  }
  SSL_set_fd(ssl_.get(), socket_.get());
  const std::string name = wish.server_name.empty() ? target_.host : wish.server_name;
  // An address is no server name (RFC 6066 section 3).
  if (!is_address(name)) SSL_set_tlsext_host_name(ssl_.get(), name.c_str());
  if (!wish.alpn.empty()) {
    const std::string list = static_cast<char>(wish.alpn.size()) + wish.alpn;
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  }
  deadline_ = std::chrono::steady_clock::now() + target_.patience;
  while (true) {
    ERR_clear_error();
    const int done = SSL_connect(ssl_.get());
    if (done == 1) break;
    const int why = SSL_get_error(ssl_.get(), done);
    if (why == SSL_ERROR_WANT_READ ? wait(POLLIN) : why == SSL_ERROR_WANT_WRITE && wait(POLLOUT)) {
      continue;
    }
    return broke("the TLS handshake failed");
  }
  note("-- ", SSL_get_version(ssl_.get()));
  return true;
}

long Wire::write_some(std::string_view bytes) {
  if (!ssl_) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return count;
    return errno == EAGAIN && wait(POLLOUT) ? 0 : -1;
  }
  ERR_clear_error();
  const int count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (count > 0) return count;
  const int why = SSL_get_error(ssl_.get(), count);
  if (why == SSL_ERROR_WANT_WRITE && wait(POLLOUT)) return 0;
  if (why == SSL_ERROR_WANT_READ && wait(POLLIN)) return 0;
  return -1;
}

void Wire::send(std::string_view bytes) {
  if (!trouble_.empty() || bytes.empty()) return;
  note("C: ", bytes.substr(0, 5) == "PASS " ? "PASS ..." : bytes);
  deadline_ = std::chrono::steady_clock::now() + target_.patience;
  if (ssl_)
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  while (!bytes.empty()) {
    const long count = write_some(bytes);
    if (count < 0) {
      broke("the connection broke while sending");
      return;
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Appends what has come to input_; false at the end or in trouble.
bool Wire::fill() {
  std::array<char, 65536> chunk;
  while (trouble_.empty() && !closed_) {
    long count = 0;
    if (ssl_) {
      ERR_clear_error();
      count = SSL_read(ssl_.get(), chunk.data(), static_cast<int>(chunk.size()));
      const int why =
          count > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), static_cast<int>(count));
      if (why == SSL_ERROR_ZERO_RETURN) close_notify_ = true;
      if (why == SSL_ERROR_WANT_READ) {
        if (!wait(POLLIN)) return false;
        continue;
      }
    } else {
      count = recv(socket_.get(), chunk.data(), chunk.size(), 0);
      if (count < 0 && errno == EAGAIN) {
        if (!wait(POLLIN)) return false;
        continue;
      }
    }
    if (count > 0) {
      last_piece_ = static_cast<std::size_t>(count);
      input_.append(chunk.data(), last_piece_);
      return true;
    }
    closed_ = true;
  }
  return false;
}

Reply Wire::read_reply() {
  Reply reply;
  deadline_ = std::chrono::steady_clock::now() + target_.patience;
  std::size_t newline = 0;
  while ((newline = input_.find('\n')) == std::string::npos) {
    if (fill()) continue;
    reply.trouble = closed_ ? "the server closed the connection" : trouble_;
    broke(reply.trouble);
    note("-- ", reply.trouble);
    return reply;
  }
  status_line_at_ = std::chrono::steady_clock::now();
  reply.line = input_.substr(0, newline + 1);
  input_.erase(0, newline + 1);
  note("S: ", reply.line);
  return reply;
}

Reply Wire::read_multi_line() {
  Reply reply = read_reply();
  if (!reply.ok()) return reply;
  std::size_t from = 0;
  while (true) {
    if (input_.substr(0, 3) == ".\r\n") {
      input_.erase(0, 3);
      return reply;
    }
    const std::size_t end = input_.find("\r\n.\r\n", from);
    if (end != std::string::npos) {
      reply.body = input_.substr(0, end + 2);
      input_.erase(0, end + 5);
      note("S: ", "(" + std::to_string(reply.body.size()) + " octets and the closing dot)");
      return reply;
    }
    from = input_.size() < 4 ? 0 : input_.size() - 4;
    deadline_ = std::chrono::steady_clock::now() + target_.patience;
    if (input_.size() < body_limit && fill()) continue;
    reply.trouble = "the reply has no end: no line with a single dot came";
    broke(reply.trouble);
    return reply;
  }
}

bool Wire::wait_for_close() {
  deadline_ = std::chrono::steady_clock::now() + target_.patience;
  while (fill()) input_.clear();
  return closed_;
}

void Wire::half_close() { shutdown(socket_.get(), SHUT_WR); }

void Wire::cut_off() {
  if (ssl_) SSL_set_quiet_shutdown(ssl_.get(), 1);
  socket_.close();
  broke("cut off by the check");
}

void Wire::reset() {
  const linger now{1, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  cut_off();
}

}  // namespace popcheck
