#include "base/result.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace postern {
namespace {

class ErrcCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "postern"; }
  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::usage: return "usage";
      case Errc::bad_data: return "bad data";
      case Errc::no_input: return "no such input";
      case Errc::no_user: return "no such user";
      case Errc::unavailable: return "unavailable";
      case Errc::internal: return "internal error";
      case Errc::io: return "input/output error";
      case Errc::busy: return "busy";
      case Errc::too_soon: return "too soon";
      case Errc::authentication: return "wrong credentials";
      case Errc::configuration: return "configuration error";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& errc_category() {
  static const ErrcCategory category;
  return category;
}

boost::system::error_code make_error_code(Errc code) {
  return {static_cast<int>(code), errc_category()};
}

Error system_error(const std::string& operation, const std::string& path, int errno_value) {
  const bool absent = errno_value == ENOENT || errno_value == ENOTDIR || errno_value == EACCES;
  return {absent ? Errc::no_input : Errc::io,
          "cannot " + operation + " '" + path + "': " + std::strerror(errno_value)};
}

}  // namespace postern

namespace boost::system {

void throw_exception_from_error(const postern::Error& error, const boost::source_location&) {
  throw std::logic_error("unchecked Result: " + error.detail);
}

}  // namespace boost::system
