// Messages that break careless servers, each known by a header field of its own.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace popcheck {

struct Fixture {
  const char* name;
  const char* statement;  // that needs it; empty: none, it may be deleted
  std::string message;    // begins with its fixture_field()
};

// Without its line end.
std::string fixture_field(const char* name);
// Those that may be deleted come last, so that the last message of the maildrop is one of them.
const std::vector<Fixture>& fixtures();

// Writes them as a Maildir, which is made when missing.
postern::Result<void> write_fixture(const std::string& directory);

}  // namespace popcheck
