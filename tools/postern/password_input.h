// Passwords that people type, or programs give on standard input or in a file; never in arguments,
// which everybody on the machine can read.
//
// Thread rule: one thread.
#pragma once

#include <string>

#include "base/result.h"

namespace postern {

// A password that is known elsewhere: the first line of `file`, or where that is empty what is
// typed or given on standard input. wipe() it after use.
Result<std::string> read_password(const std::string& file);

// A new one; whoever types must type it twice.
Result<std::string> read_new_password();

}  // namespace postern
