#include "net/listen_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/ascii.h"

namespace postern {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::string_view unix_prefix = "unix:";

// A socket address of any family, as the system calls want it.
struct SystemAddress {
  explicit SystemAddress(const ListenAddress& address) {
    if (address.path.empty()) {
      size = static_cast<socklen_t>(address.endpoint.size());
      std::memcpy(&storage, address.endpoint.data(), size);
      return;
    }
    auto* local = reinterpret_cast<sockaddr_un*>(&storage);
    local->sun_family = AF_UNIX;
    address.path.copy(local->sun_path, sizeof local->sun_path - 1);
    size = sizeof(sockaddr_un);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }

  sockaddr_storage storage{};
  socklen_t size = 0;
};

Result<ListenAddress> bound_address(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return Error(Errc::unavailable, std::string("that is no socket: ") + std::strerror(errno));
  }
  ListenAddress address;
  if (storage.ss_family == AF_UNIX) {
    address.path = reinterpret_cast<const sockaddr_un*>(&storage)->sun_path;
    return address;
  }
  if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) {
    return Error(Errc::unavailable, "that is a socket of a family that cannot serve POP3");
  }
  std::memcpy(address.endpoint.data(), &storage, size);
  address.endpoint.resize(size);
  return address;
}

// True when somebody's socket file is left over: nobody listens.
bool is_stale(const SystemAddress& address) {
  const FileHandle probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

int bind_to(int socket, const ListenAddress& address) {
  const SystemAddress wanted(address);
  const int outcome = ::bind(socket, wanted.get(), wanted.size);
  if (outcome == 0 || errno != EADDRINUSE || address.path.empty()) return outcome;
  if (!is_stale(wanted)) {
    errno = EADDRINUSE;
    return -1;
  }
  ::unlink(address.path.c_str());
  return ::bind(socket, wanted.get(), wanted.size);
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const Error bad(Errc::configuration,
                  "'" + std::string(text) +
                      "' is no address to listen on; write HOST:PORT with a numeric host, such as "
                      "127.0.0.1:1110 or [::1]:1110, or unix:/PATH");
  ListenAddress address;
  if (text.substr(0, unix_prefix.size()) == unix_prefix) {
    address.path = text.substr(unix_prefix.size());
    const bool fits = address.path.size() < sizeof sockaddr_un{}.sun_path;
    if (!fits || address.path.empty() || address.path.front() != '/') return bad;
    return address;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad;
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!port || *port > 65535) return bad;
  std::string host(text.substr(0, colon));
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code code;
  const auto numeric = asio::ip::make_address(host, code);
  if (code) return bad;
  address.endpoint = tcp::endpoint(numeric, static_cast<std::uint16_t>(*port));
  return address;
}

std::string ListenAddress::text() const {
  if (!path.empty()) return std::string(unix_prefix) + path;
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" +
         std::to_string(endpoint.port());
}

Result<ListenSocket> ListenSocket::open(const ListenAddress& address) {
  const int family = address.path.empty() ? address.endpoint.protocol().family() : AF_UNIX;
  FileHandle socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  bool done = static_cast<bool>(socket);
  if (family == AF_INET6) {
    done = done && ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0;
  }
  if (family != AF_UNIX) {
    done = done && ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
  }
  done = done && bind_to(socket.get(), address) == 0;
  if (family == AF_UNIX) done = done && ::chmod(address.path.c_str(), 0666) == 0;
  if (!done || ::listen(socket.get(), SOMAXCONN) != 0) {
    return Error(Errc::unavailable,
                 "cannot listen on " + address.text() + ": " + std::strerror(errno));
  }
  return adopt(std::move(socket));
}

Result<ListenSocket> ListenSocket::adopt(FileHandle socket) {
  Result<ListenAddress> address = bound_address(socket.get());
  if (!address) return address.error();
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) {
    return Error(Errc::unavailable, "the socket of " + address->text() + " does not listen");
  }
  return ListenSocket(std::move(socket), std::move(*address));
}

}  // namespace postern
