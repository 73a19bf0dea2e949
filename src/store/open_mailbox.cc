#include "store/open_mailbox.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "store/maildir.h"
#include "store/mbox.h"

namespace postern {
namespace {

class EmptyMailbox final : public Mailbox {
 public:
  std::span<const Entry> entries() const override { return {}; }
  Result<Blob> read(std::size_t) override { return Error(Errc::no_input, "the mailbox is empty"); }
  Result<void> remove(std::span<const std::size_t>) override { return {}; }
};

}  // namespace

Result<std::unique_ptr<Mailbox>> open_mailbox(const std::string& path, MessageIndex& index) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return system_error("open the mailbox", path, errno);
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    if (!is_directory(folder)) return system_error("open the mailbox", path, ENOENT);
    const Result<void> mounted = check_is_mounted(folder, path, index);
    if (!mounted) return mounted.error();
    return std::unique_ptr<Mailbox>(std::make_unique<EmptyMailbox>());
  }
  if (S_ISDIR(status.st_mode)) {
    auto maildir = Maildir::open(path, index);
    if (!maildir) return maildir.error();
    return std::unique_ptr<Mailbox>(std::move(*maildir));
  }
  if (S_ISREG(status.st_mode)) {
    auto mbox = Mbox::open(path, index);
    if (!mbox) return mbox.error();
    return std::unique_ptr<Mailbox>(std::move(*mbox));
  }
  return Error(Errc::configuration,
               "'" + path + "' is neither a folder (Maildir) nor a file (mbox); check the path");
}

}  // namespace postern
