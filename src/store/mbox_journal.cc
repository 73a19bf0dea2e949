#include "store/mbox_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"

namespace postern {
namespace {

constexpr std::string_view magic = "postern-mbox-journal 1\n";
constexpr std::size_t hash_size = 64;

std::string hash(std::string_view bytes) { return to_hex(sha256(bytes)); }

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? std::string(".") : folder;
}

Result<std::string> read_from_start(int file, const std::string& path) {
  if (::lseek(file, 0, SEEK_SET) != 0) return system_error("read", path, errno);
  struct stat status {};
  if (::fstat(file, &status) != 0) return system_error("stat", path, errno);
  return read_all(file, static_cast<std::size_t>(status.st_size), path);
}

Result<void> sync_file(int file, const std::string& path) {
  if (::fsync(file) != 0) return system_error("sync", path, errno);
  return {};
}

Result<void> cut(int file, const std::string& path, std::uint64_t size) {
  if (::ftruncate(file, static_cast<off_t>(size)) != 0) return system_error("cut", path, errno);
  return sync_file(file, path);
}

Result<void> drop_journal(const std::string& path) {
  if (::unlink(journal_path(path).c_str()) != 0 && errno != ENOENT) {
    return system_error("remove", journal_path(path), errno);
  }
  return sync_directory(folder_of(path));
}

Result<void> keep_for_rescue(const std::string& path, std::string_view journal) {
  const std::string rescue = path + ".postern-rescue." + hash(journal).substr(0, 16);
  if (::rename(journal_path(path).c_str(), rescue.c_str()) != 0) {
    return system_error("rename the journal to", rescue, errno);
  }
  return sync_directory(folder_of(path));
}

// The journal, if it is one that we or the owner of the mailbox wrote: where anybody may create
// files beside a mailbox, anybody could make us overwrite it.
Result<std::string> read_journal(int file, const std::string& path) {
  const std::string name = journal_path(path);
  const FileHandle journal(::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!journal) return system_error("open", name, errno);
  struct stat mailbox {
  }, status{};
  if (::fstat(file, &mailbox) != 0) return system_error("stat", path, errno);
  if (::fstat(journal.get(), &status) != 0) return system_error("stat", name, errno);
  if (status.st_uid != ::geteuid() && status.st_uid != mailbox.st_uid) {
    return Error(Errc::configuration, "'" + name +
                                          "' was not written by the owner of the mailbox; "
                                          "find out who did, and remove it");
  }
  return read_all(journal.get(), static_cast<std::size_t>(status.st_size), name);
}

// Steps 3 to 5.
Result<void> apply(int file, const std::string& path, const MboxRewrite& rewrite) {
  if (::lseek(file, static_cast<off_t>(rewrite.first), SEEK_SET) < 0) {
    return system_error("write", path, errno);
  }
  auto done = write_all(file, rewrite.tail, path);
  // Durable before the cut: the octets that are cut off may be the only other copy.
  if (done) done = sync_file(file, path);
  if (done) done = cut(file, path, rewrite.first + rewrite.tail.size());
  if (done) done = drop_journal(path);
  return done;
}

}  // namespace

std::string journal_path(const std::string& mailbox) { return mailbox + ".postern-journal"; }

MboxRewrite rewrite_without(std::string_view bytes, std::span<const MboxSpan> removed) {
  MboxRewrite rewrite;
  rewrite.first = removed.front().from;
  rewrite.old_size = bytes.size();
  for (std::size_t i = 0; i < removed.size(); ++i) {
    const std::size_t kept_to = i + 1 < removed.size() ? removed[i + 1].from : bytes.size();
    rewrite.tail.append(bytes.substr(removed[i].next, kept_to - removed[i].next));
  }
  rewrite.rest_hash = hash(bytes.substr(rewrite.first + rewrite.tail.size()));
  return rewrite;
}

std::string encode_journal(const MboxRewrite& rewrite) {
  std::string bytes(magic);
  bytes += std::to_string(rewrite.first) + " " + std::to_string(rewrite.old_size) + " " +
           std::to_string(rewrite.tail.size()) + " " + rewrite.rest_hash + "\n";
  bytes += rewrite.tail;
  bytes += hash(bytes) + "\n";
  return bytes;
}

Result<MboxRewrite> decode_journal(std::string_view bytes) {
  const Error damaged(Errc::bad_data, "the journal of the mailbox is damaged");
  if (!bytes.starts_with(magic) || bytes.size() < magic.size() + hash_size + 1) return damaged;
  const std::string_view sealed = bytes.substr(0, bytes.size() - hash_size - 1);
  if (bytes.substr(sealed.size(), hash_size) != hash(sealed)) return damaged;

  const std::string_view body = sealed.substr(magic.size());
  const auto line_end = body.find('\n');
  if (line_end == std::string_view::npos) return damaged;
  const auto words = split(body.substr(0, line_end), ' ');
  const std::string_view tail = body.substr(line_end + 1);
  if (words.size() != 4) return damaged;
  const auto first = parse_decimal(words[0]);
  const auto old_size = parse_decimal(words[1]);
  if (!first || !old_size || parse_decimal(words[2]) != tail.size()) return damaged;
  if (*first > *old_size || tail.size() > *old_size - *first) return damaged;
  return MboxRewrite{*first, *old_size, std::string(tail), std::string(words[3])};
}

Result<void> perform_rewrite(int file, const std::string& path, const MboxRewrite& rewrite) {
  if (rewrite.tail.empty()) return cut(file, path, rewrite.first);
  auto written = write_file_atomically(journal_path(path), encode_journal(rewrite));
  if (!written) return written.error();
  return apply(file, path, rewrite);
}

Result<void> recover_mbox(int file, const std::string& path) {
  if (!is_file(journal_path(path))) return {};
  const auto journal = read_journal(file, path);
  if (!journal) return journal.error();
  auto decoded = decode_journal(*journal);
  if (!decoded) return keep_for_rescue(path, *journal);
  MboxRewrite& rewrite = *decoded;

  const auto read = read_from_start(file, path);
  if (!read) return read.error();
  const std::string_view bytes = *read;
  const std::uint64_t new_size = rewrite.first + rewrite.tail.size();

  if (bytes.size() >= rewrite.old_size &&
      hash(bytes.substr(new_size, rewrite.old_size - new_size)) == rewrite.rest_hash) {
    rewrite.tail.append(bytes.substr(rewrite.old_size));
    rewrite.old_size = bytes.size();
    rewrite.rest_hash = hash(bytes.substr(rewrite.first + rewrite.tail.size()));
    return perform_rewrite(file, path, rewrite);
  }
  if (bytes.size() >= new_size &&
      bytes.substr(rewrite.first, rewrite.tail.size()) == rewrite.tail) {
    return drop_journal(path);
  }
  return keep_for_rescue(path, *journal);
}

}  // namespace postern
