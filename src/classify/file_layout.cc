#include "classify/file_layout.h"

#include "base/ascii.h"
#include "classify/checksum.h"
#include "classify/tokenizer.h"

namespace postern {
namespace {

constexpr std::uint32_t endian_mark = 0x01020304;

}  // namespace

void begin_header(FieldWriter& out, const FileKind& kind) {
  out.text(kind.magic);
  out.put(kind.version);
  out.put(endian_mark);
  out.put(tokenizer_version);
  out.put(static_cast<std::uint32_t>(kind.header_size));
}

void end_header(FieldWriter& out, const FileKind& kind) {
  out.pad_to(kind.header_size - sizeof(std::uint64_t));
  out.put(model_checksum(out.bytes()));
}

Error damaged(const std::string& name, const FileKind& kind, const std::string& what) {
  return Error(Errc::bad_data,
               "'" + name + "' is not " + std::string(kind.what) + " that can be used: " + what);
}

Result<void> check_header(std::string_view file, const FileKind& kind, const std::string& name) {
  if (file.size() < kind.magic.size() || !file.starts_with(kind.magic)) {
    return damaged(name, kind, "it begins with other octets");
  }
  if (file.size() < kind.header_size) return damaged(name, kind, "it is cut short in its header");
  FieldReader in(file.substr(kind.magic.size()));
  const auto version = in.take<std::uint32_t>();
  if (version > kind.version) {
    return damaged(
        name, kind,
        "version " + std::to_string(version) + " is newer than this program; update the program");
  }
  FieldReader sum(file.substr(kind.header_size - sizeof(std::uint64_t)));
  if (sum.take<std::uint64_t>() !=
      model_checksum(file.substr(0, kind.header_size - sizeof(std::uint64_t)))) {
    return damaged(name, kind, "its header is damaged; build it again");
  }
  if (version < kind.version) {
    return damaged(name, kind,
                   "version " + std::to_string(version) + " is too old; build it again");
  }
  if (in.take<std::uint32_t>() != endian_mark) {
    return damaged(name, kind, "it was written on a machine of another byte order");
  }
  if (in.take<std::uint32_t>() != tokenizer_version) {
    return damaged(name, kind, "it was made with another tokenizer; build it again");
  }
  return {};
}

}  // namespace postern
