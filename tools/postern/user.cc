// postern user add|passwd|remove|list
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>

#include "base/clock.h"
#include "base/crypto.h"
#include "commands.h"
#include "mail/saslprep.h"
#include "server/password_record.h"

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

Result<std::string> read_password() {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  Result<std::string> password = terminal ? ask("Password: ") : read_line();
  if (!password) return password.error();
  if (password->empty()) {
    return Error(Errc::bad_data, "no password: type one, or give it on standard input as one line");
  }
  if (!terminal) return password;
  Result<std::string> again = ask("The same again: ");
  if (!again) return again.error();
  const bool same = equal_in_constant_time(*password, *again);
  wipe(*again);
  if (!same) return Error(Errc::bad_data, "the two passwords differ; nothing was changed");
  return password;
}

// Asks for the password, and makes what is kept of it; `siblings` as in NewPassword.
Result<PasswordRecord> read_new_password(const UserOptions& options, const std::string& name,
                                         const PasswordKeys& siblings) {
  const Result<std::string> key = recovery_key(options);
  if (!key) return key.error();
  Result<std::string> password = read_password();
  if (!password) return password.error();
  Result<PasswordRecord> record =
      make_password_record({name, "", *password, false, *key, siblings});
  wipe(*password);
  return record;
}

}  // namespace

int run_user_add(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const std::string name = saslprep(options.name);
  const auto known = (*store)->find_user(name);
  if (!known) return fail(known.error());
  if (*known) {
    return fail(
        {Errc::bad_data, "the user '" + options.name +
                             "' exists already; `postern user passwd` changes the password"});
  }
  const auto record = read_new_password(options, name, {});
  if (!record) return fail(record.error());
  const auto added = (*store)->add_user({name, record->hash, system_clock()(), record->keys});
  if (!added) return fail(added.error());
  fmt::print("added {}\n", options.name);
  return 0;
}

int run_user_passwd(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const std::string name = saslprep(options.name);
  const auto known = (*store)->find_user(name);
  if (!known) return fail(known.error());
  if (!*known) return fail({Errc::no_user, "there is no user '" + options.name + "'"});
  const auto record = read_new_password(options, name, (*known)->keys);
  if (!record) return fail(record.error());
  const auto done = (*store)->set_password(name, record->hash, record->keys);
  if (!done) return fail(done.error());
  fmt::print("changed the password of {}\n", options.name);
  return 0;
}

int run_user_remove(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto done = (*store)->remove_user(saslprep(options.name));
  if (!done) return fail(done.error());
  fmt::print("removed {}; the mail was not touched\n", options.name);
  return 0;
}

int run_user_list(const UserOptions& options) {
  const auto store = StateFolder(options.state).open_store();
  if (!store) return fail(store.error());
  const auto users = (*store)->list_users();
  if (!users) return fail(users.error());
  for (const User& user : *users) fmt::print("{}\t{}\n", user.name, to_rfc3339(user.created));
  return 0;
}

}  // namespace postern
