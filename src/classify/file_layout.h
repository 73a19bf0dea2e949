// Inside classify: reading and writing the little-endian fields of model files.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace postern {

static_assert(std::endian::native == std::endian::little,
              "model files are little-endian and mapped as they are; port file_layout.h first");

// Appends fields one after another.
class FieldWriter {
 public:
  template <class T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(std::string_view bytes) { bytes_ += bytes; }
  void pad_to(std::size_t size) { bytes_.resize(size, '\0'); }
  template <class T>
  void table(std::span<const T> values) {
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Reads fields one after another; the caller has checked that there are octets enough.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T take() {
    static_assert(std::is_arithmetic_v<T>);
    T value;
    std::memcpy(&value, bytes_.data(), sizeof(value));
    bytes_.remove_prefix(sizeof(value));
    return value;
  }

 private:
  std::string_view bytes_;
};

// A table inside mapped octets. Sections begin at multiples of 64, files at page or heap bounds.
template <class T>
std::span<const T> table_at(std::string_view file, std::size_t offset, std::size_t count) {
  return {reinterpret_cast<const T*>(file.data() + offset), count};
}

// The first 64 octets of every model file, and the rules that hold for all kinds.
struct FileKind {
  std::string_view magic;  // 8 octets
  std::uint32_t version;
  std::size_t header_size;  // octets up to the first table
  std::string_view what;    // "a personal model"
};

// Starts a file: magic, version, endian mark, tokenizer version, header size. 24 octets.
void begin_header(FieldWriter& out, const FileKind& kind);
// Fills the header up to its size and ends it with its checksum.
void end_header(FieldWriter& out, const FileKind& kind);
constexpr std::size_t fields_offset = 24;

// Magic, versions, checksum of the header. Errors name the file and what to do.
Result<void> check_header(std::string_view file, const FileKind& kind, const std::string& name);

Error damaged(const std::string& name, const FileKind& kind, const std::string& what);

}  // namespace postern
