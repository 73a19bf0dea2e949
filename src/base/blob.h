// Blob: immutable bytes that are cheap to copy, whether they live in a string or in a mapped file.
//
// Copies share the bytes; the last one frees them. A view taken from a Blob is valid as long as
// any copy of that Blob lives. Thread rule: const after construction, so share freely.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

class Blob {
 public:
  Blob() = default;
  // Takes the string over without copying its bytes.
  static Blob own(std::string bytes);
  static Blob copy(std::string_view bytes);
  // Maps the file read-only. The file must not be truncated while the Blob lives (Maildir
  // deliveries never are); small files are read instead of mapped, which is cheaper.
  static Result<Blob> open(const std::string& path);

  std::string_view view() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  // Part of the same bytes; clamps to the end.
  Blob slice(std::size_t from, std::size_t count = std::string_view::npos) const;

 private:
  Blob(std::shared_ptr<const void> owner, std::string_view bytes)
      : owner_(std::move(owner)), bytes_(bytes) {}

  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
};

}  // namespace postern
