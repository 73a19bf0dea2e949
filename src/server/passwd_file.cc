#include "server/passwd_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/password_scheme.h"

namespace postern {
namespace {

bool may_log_in(std::string_view extra) {
  for (const std::string_view field : split(extra, ' ')) {
    const std::string_view name = field.substr(0, field.find('='));
    if (name == "nopassword" || name == "nologin") return false;
  }
  return true;
}

// Changes when the file does; empty when there is none.
std::string version_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return "";
  return fmt::format("{}.{}.{}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

}  // namespace

std::map<std::string, User, std::less<>> parse_passwd_file(std::string_view text) {
  std::map<std::string, User, std::less<>> users;
  for (std::string_view line : split(text, '\n')) {
    line = trimmed(line);
    const auto fields = split(line, ':');
    if (line.empty() || line.front() == '#' || fields.size() < 2 || fields[0].empty()) continue;
    // Extra fields may hold colons themselves.
    const std::string_view extra =
        fields.size() > 7 ? line.substr(static_cast<std::size_t>(fields[7].data() - line.data()))
                          : std::string_view();
    if (fields[1].empty() || !may_log_in(extra)) continue;
    User user{std::string(fields[0]), std::string(fields[1])};
    if (const auto schemed = parse_schemed_password(user.password_hash)) {
      const auto sha_1 = scram_keys_of(*schemed, ScramHash::sha1);
      const auto sha_256 = scram_keys_of(*schemed, ScramHash::sha256);
      if (sha_1) user.keys.scram_sha_1 = format_scram_keys(ScramHash::sha1, *sha_1);
      if (sha_256) user.keys.scram_sha_256 = format_scram_keys(ScramHash::sha256, *sha_256);
    }
    users.emplace(user.name, user);
  }
  return users;
}

PasswdFile::PasswdFile(std::string path, Logger logger)
    : path_(std::move(path)), logger_(std::move(logger)) {}

std::shared_ptr<const PasswdFile::Users> PasswdFile::current() {
  const std::string version = path_.empty() ? std::string() : version_of(path_);
  const std::lock_guard lock(mutex_);
  if (version == version_ && !version.empty()) return users_;
  if (path_.empty()) return users_;
  const Result<std::string> text = read_file(path_);
  if (!text) {
    logger_.error("passwd-file", {{"why", text.error().detail}});
    return std::make_shared<const Users>();
  }
  users_ = std::make_shared<const Users>(parse_passwd_file(*text));
  version_ = version;
  logger_.info("passwd-file", {{"file", path_}, {"users", users_->size()}});
  return users_;
}

std::optional<User> PasswdFile::find(std::string_view name) {
  if (path_.empty()) return std::nullopt;
  const auto users = current();
  const auto found = users->find(name);
  if (found == users->end()) return std::nullopt;
  return found->second;
}

CredentialCounts PasswdFile::counts() {
  CredentialCounts counts;
  if (path_.empty()) return counts;
  const auto users = current();
  for (const auto& [name, user] : *users) {
    ++counts.users;
    if (!user.keys.scram_sha_1.empty()) ++counts.scram_sha_1;
    if (!user.keys.scram_sha_256.empty()) ++counts.scram_sha_256;
    const auto schemed = parse_schemed_password(user.password_hash);
    if (schemed && schemed->scheme == "PLAIN") ++counts.secrets;
  }
  return counts;
}

}  // namespace postern
