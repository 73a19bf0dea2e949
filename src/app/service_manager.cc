#include "app/service_manager.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/ascii.h"
#include "base/file.h"

namespace postern {
namespace {

constexpr int first_passed = 3;  // SD_LISTEN_FDS_START

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// How many sockets were handed over to this process, and not to a parent of it.
int count_passed() {
  if (parse_decimal(environment("LISTEN_PID")) != static_cast<std::uint64_t>(::getpid())) return 0;
  const auto count = parse_decimal(environment("LISTEN_FDS"));
  return count && *count < 1000 ? static_cast<int>(*count) : 0;
}

Result<std::vector<Pop3Address>> take_passed(int count) {
  const std::string names = environment("LISTEN_FDNAMES");
  const std::vector<std::string_view> kinds = split(names, ':');
  std::vector<Pop3Address> addresses;
  for (int i = 0; i < count; ++i) {
    FileHandle descriptor(first_passed + i);
    ::fcntl(descriptor.get(), F_SETFD, FD_CLOEXEC);
    const auto at = static_cast<std::size_t>(i);
    const std::string kind(at < kinds.size() ? kinds[at] : "");
    if (kind != "pop3" && kind != "pop3s") {
      return Error(Errc::configuration,
                   "systemd passes a socket by the name '" + kind +
                       "': write FileDescriptorName=pop3 or pop3s into its .socket unit");
    }
    auto socket = ListenSocket::adopt(std::move(descriptor));
    if (!socket) return socket.error();
    const ListenAddress address = socket->address();
    addresses.push_back(
        {address, kind == "pop3s", std::make_shared<ListenSocket>(std::move(*socket))});
  }
  return addresses;
}

Result<void> open_each(const std::vector<ListenAddress>& wanted, bool implicit_tls,
                       std::vector<Pop3Address>& addresses) {
  for (const ListenAddress& address : wanted) {
    auto socket = ListenSocket::open(address);
    if (!socket) return socket.error();
    const ListenAddress bound = socket->address();
    addresses.push_back({bound, implicit_tls, std::make_shared<ListenSocket>(std::move(*socket))});
  }
  return {};
}

Error cannot_become(const std::string& name, const char* what) {
  return {Errc::configuration,
          "cannot run as '" + name + "': " + what + ": " + std::strerror(errno)};
}

}  // namespace

Result<std::vector<Pop3Address>> open_addresses(const Config& config) {
  if (const int count = count_passed(); count > 0) return take_passed(count);
  std::vector<Pop3Address> addresses;
  for (const bool implicit_tls : {false, true}) {
    const auto opened =
        open_each(implicit_tls ? config.pop3s : config.pop3, implicit_tls, addresses);
    if (!opened) return opened.error();
  }
  return addresses;
}

void notify_service_manager(std::string_view state) {
  const std::string path = environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';  // an abstract name
  const FileHandle socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  (void)::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
}

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);  // what cannot be had is not needed yet
}

void hide_memory() { (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

Result<void> become_user(const std::string& name, const std::string& state) {
  errno = 0;
  const passwd* found = ::getpwnam(name.c_str());
  if (found == nullptr) {
    return Error(Errc::configuration, "run_as: there is no user '" + name + "'");
  }
  const passwd user = *found;
  if (::geteuid() == user.pw_uid) return {};
  if (!is_directory(state)) {
    const Result<void> made = make_directories(state);
    if (!made) return made.error();
    if (::chown(state.c_str(), user.pw_uid, user.pw_gid) != 0) return cannot_become(name, "chown");
  }
  // Groups first: afterwards there is no right to change them.
  if (::initgroups(name.c_str(), user.pw_gid) != 0) return cannot_become(name, "initgroups");
  if (::setgid(user.pw_gid) != 0) return cannot_become(name, "setgid");
  if (::setuid(user.pw_uid) != 0) return cannot_become(name, "setuid");
  if (user.pw_uid != 0 && ::setuid(0) == 0) {
    return Error(Errc::internal, "root could be regained after it was given up");
  }
  return {};
}

}  // namespace postern
