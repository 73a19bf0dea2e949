#include "message_source.h"

#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "store/memory_mailbox.h"
#include "store/open_mailbox.h"

namespace postern {
namespace {

constexpr std::string_view standard_input = "-";

bool is_maildir(const std::string& path) {
  return is_directory(path + "/cur") || is_directory(path + "/new");
}

Result<void> add_folder(const std::string& path, std::vector<std::string>& files) {
  const Result<std::vector<std::string>> names = list_directory(path);
  if (!names) return names.error();
  const bool maildir = is_maildir(path);
  for (const std::string& name : *names) {
    if (name.front() == '.') continue;
    // tmp/ of a Maildir holds deliveries under way, and the rest is other programs' notes.
    if (maildir && name != "cur" && name != "new") continue;
    const std::string inner = path + "/" + name;
    if (is_file(inner)) files.push_back(inner);
    if (!is_directory(inner)) continue;
    const Result<void> added = add_folder(inner, files);
    if (!added) return added.error();
  }
  return {};
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool is_mbox(const std::string& path, const Blob& bytes) {
  return bytes.view().substr(0, 5) == "From " && !ends_with(path, ".eml");
}

Result<void> for_each_in_mbox(const std::string& path, const MessageSource::Visit& visit) {
  MemoryIndex index;
  const Result<std::unique_ptr<Mailbox>> mailbox = open_mailbox(path, index);
  if (!mailbox) return mailbox.error();
  for (std::size_t i = 0; i < (*mailbox)->entries().size(); ++i) {
    Result<Blob> message = (*mailbox)->read(i);
    if (!message) return message.error();
    const Result<void> done = visit({path + "#" + std::to_string(i + 1), std::move(*message)});
    if (!done) return done.error();
  }
  return {};
}

}  // namespace

Result<Blob> read_message(const std::string& path) {
  if (path != standard_input) return Blob::open(path);
  Result<std::string> bytes = read_all(STDIN_FILENO, 64 * 1024, "standard input");
  if (!bytes) return bytes.error();
  return Blob::own(std::move(*bytes));
}

Result<MessageSource> MessageSource::open(const std::vector<std::string>& paths) {
  MessageSource source;
  for (const std::string& path : paths) {
    if (path == standard_input || is_file(path)) {
      source.files_.push_back(path);
      continue;
    }
    const Result<void> added = add_folder(path, source.files_);
    if (!added) return added.error();
  }
  return source;
}

Result<void> MessageSource::for_each(const Visit& visit) const {
  for (const std::string& file : files_) {
    Result<Blob> bytes = read_message(file);
    if (!bytes) return bytes.error();
    const Result<void> done = file != standard_input && is_mbox(file, *bytes)
                                  ? for_each_in_mbox(file, visit)
                                  : visit({file, std::move(*bytes)});
    if (!done) return done.error();
  }
  return {};
}

}  // namespace postern
