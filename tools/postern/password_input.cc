#include "password_input.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/crypto.h"
#include "base/file.h"

namespace postern {
namespace {

constexpr std::size_t password_limit = 1024;

// Keeps what is typed off the screen while it lives.
class HiddenTyping {
 public:
  HiddenTyping() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) == 0;
  }
  ~HiddenTyping() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  HiddenTyping(const HiddenTyping&) = delete;
  HiddenTyping& operator=(const HiddenTyping&) = delete;

 private:
  termios before_{};
  bool changed_ = false;
};

// One line of standard input, octet by octet, so that nothing behind it is swallowed.
Result<std::string> read_line() {
  std::string line;
  while (line.size() <= password_limit) {
    char octet = 0;
    const ssize_t count = ::read(STDIN_FILENO, &octet, 1);
    if (count < 0) return system_error("read", "standard input", errno);
    if (count == 0 || octet == '\n') break;
    line += octet;
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.size() > password_limit) {
    return Error(Errc::bad_data, "the password is longer than 1024 octets");
  }
  return line;
}

Result<std::string> ask(const char* prompt) {
  fmt::print(stderr, "{}", prompt);
  const HiddenTyping hidden;
  Result<std::string> line = read_line();
  fmt::print(stderr, "\n");
  return line;
}

Error no_password() {
  return {Errc::bad_data, "no password: type one, or give it on standard input as one line"};
}

// The first line of a file.
Result<std::string> read_password_file(const std::string& path) {
  Result<std::string> bytes = read_file(path);
  if (!bytes) return bytes.error();
  std::string password = bytes->substr(0, bytes->find_first_of("\r\n"));
  wipe(*bytes);
  if (password.empty() || password.size() > password_limit) {
    return Error(Errc::bad_data,
                 "the first line of '" + path + "' is no password of 1 to 1024 octets");
  }
  return password;
}

}  // namespace

Result<std::string> read_password(const std::string& file) {
  if (!file.empty()) return read_password_file(file);
  Result<std::string> password = ::isatty(STDIN_FILENO) == 1 ? ask("Password: ") : read_line();
  if (!password) return password.error();
  if (password->empty()) return no_password();
  return password;
}

Result<std::string> read_new_password() {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  Result<std::string> password = terminal ? ask("Password: ") : read_line();
  if (!password) return password.error();
  if (password->empty()) {
    return no_password();
  }
  if (!terminal) return password;
  Result<std::string> again = ask("The same again: ");
  if (!again) return again.error();
  const bool same = equal_in_constant_time(*password, *again);
  wipe(*again);
  if (!same) return Error(Errc::bad_data, "the two passwords differ; nothing was changed");
  return password;
}

}  // namespace postern
