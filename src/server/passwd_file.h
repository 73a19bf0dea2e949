// PasswdFile: users whom another server knows, in Dovecot's passwd-file format: a line a user,
// "name:password:uid:gid:gecos:home:shell:extra", of which name and password count. The password
// is "{SCHEME}data" (base/password_scheme.h), or crypt(3)'s form without a scheme.
//
// The file is read again when it has changed. Thread rule: safe from any thread; blocking.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "state/state_store.h"

namespace postern {

// Lines that hold no user are left out; comments begin with "#". Of two lines for a name the first
// counts. A user without password, or whose extra fields say "nopassword" or "nologin", is left
// out: nobody may log in so.
std::map<std::string, User, std::less<>> parse_passwd_file(std::string_view text);

class PasswdFile {
 public:
  // An empty path: no users.
  PasswdFile(std::string path, Logger logger);

  // A file that cannot be read is logged, and is like an empty one.
  std::optional<User> find(std::string_view name);
  CredentialCounts counts();

 private:
  using Users = std::map<std::string, User, std::less<>>;
  std::shared_ptr<const Users> current();

  const std::string path_;
  const Logger logger_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Users> users_ = std::make_shared<const Users>();
  std::string version_;  // of the file that was read
};

}  // namespace postern
