// FetchedMessage: a message that comes in pieces over the network. Large ones are put into a file
// without a name, so that memory is bounded whatever the size; the file goes with the last Blob.
//
// Thread rule: one thread at a time. What blocks says so.
#pragma once

#include <string>
#include <string_view>

#include "base/blob.h"
#include "base/file.h"
#include "base/result.h"

namespace postern {

class FetchedMessage {
 public:
  static constexpr std::size_t memory_limit = 1024 * 1024;

  // `folder` is for large messages; it is made when missing.
  explicit FetchedMessage(std::string folder) : folder_(std::move(folder)) {}

  // Whether adding so much more would write to a file, which blocks.
  bool would_block(std::size_t octets) const {
    return static_cast<bool>(file_) || bytes_.size() + octets > memory_limit;
  }
  Result<void> add(std::string&& piece);
  // All of it; nothing can be added any more. Blocks when it is large.
  Result<Blob> finish();

 private:
  Result<void> open_file();

  const std::string folder_;
  std::string bytes_;
  FileHandle file_;
};

}  // namespace postern
