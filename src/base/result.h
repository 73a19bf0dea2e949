// Result<T> and Error: how Postern reports what input, disk or a peer can cause.
//
// An Error is a code of the fixed set below plus a sentence that says what, where and what to do.
// Mistakes of our own are asserted, never returned. Mail is never an error: see mail/defects.h.
//
// Thread rule: values; share them as you would a std::string.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <type_traits>

namespace postern {

// What kind of thing went wrong. Each has the exit status of the command that meets it
// (sysexits(3)) and is either temporary (trying again may help) or permanent.
enum class Errc {
  usage = 64,           // a command line that cannot be understood
  bad_data = 65,        // input that is not what it claims to be
  no_input = 66,        // a file or message that does not exist or cannot be opened
  no_user = 67,         // an account that does not exist
  unavailable = 69,     // something needed is not there
  internal = 70,        // our own fault
  io = 74,              // a read or write failed
  busy = 75,            // held by somebody else; temporary
  too_soon = 76,        // asked again before the time for it; temporary
  authentication = 77,  // wrong credentials
  configuration = 78,   // a setting that cannot be used
};

const boost::system::error_category& errc_category();
boost::system::error_code make_error_code(Errc code);

struct Error {
  // Needed by result::error() of a Result that holds a value; says nothing.
  Error() = default;
  Error(Errc kind, std::string text) : code(make_error_code(kind)), detail(std::move(text)) {}

  Errc kind() const { return static_cast<Errc>(code.value()); }
  // True when the same request may succeed later without anybody changing anything.
  bool temporary() const {
    return kind() == Errc::busy || kind() == Errc::io || kind() == Errc::unavailable ||
           kind() == Errc::too_soon;
  }
  // The exit status of a command that ends with this error.
  int exit_status() const { return code.value(); }

  boost::system::error_code code;
  std::string detail;  // one sentence for a person: what, where, what to do; no secrets
};

template <class T>
using Result = boost::system::result<T, Error>;

// An I/O error that names the operation, the path and errno's text.
Error system_error(const std::string& operation, const std::string& path, int errno_value);

}  // namespace postern

namespace boost::system {
template <>
struct is_error_code_enum<postern::Errc> : std::true_type {};

// Reached only where a caller forgot to test a Result: our mistake, so an exception.
[[noreturn]] void throw_exception_from_error(const postern::Error& error,
                                             const boost::source_location& location);
}  // namespace boost::system
