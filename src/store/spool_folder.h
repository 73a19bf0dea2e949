// SpoolFolder: messages that were fetched ahead, a file each (0600), in one folder for an account.
//
// What belongs to whom, and in which state it is, the StateStore knows; a file that it does not
// know is the leftover of a crash. A name is made of UID and content, so that fetching a message
// again after a crash writes the same file again.
//
// Thread rule: safe from any thread; blocking. Two must not put the same name at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/blob.h"
#include "base/result.h"

namespace postern {

class SpoolFolder {
 public:
  // `path` is made with the first message.
  explicit SpoolFolder(std::string path) : path_(std::move(path)) {}

  // `digest` is of the content.
  static std::string name_of(std::string_view uid, std::string_view digest);

  // The octets are durable when it returns, the name after sync().
  Result<void> put(const std::string& name, std::string_view message) const;
  Result<void> sync() const;

  // Errc::no_input when there is no such file, io when it has not the size that it was put with.
  Result<Blob> read(const std::string& name, std::uint64_t size) const;

  // One that is gone already is no error.
  Result<void> remove(const std::string& name) const;

  // What is in it, leftovers included.
  Result<std::vector<std::string>> names() const;

 private:
  const std::string path_;
};

}  // namespace postern
