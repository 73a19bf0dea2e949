// Messages that break careless servers, each known by a header field of its own.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace popcheck {

struct Fixture {
  const char* name;
  std::string message;  // begins with its fixture_field()
  bool exact;           // must arrive as wire_form() says; NULs may be mapped
};

std::string fixture_field(const char* name);
const std::vector<Fixture>& fixtures();

// Writes them as a Maildir, which is made when missing.
postern::Result<void> write_fixture(const std::string& directory);

}  // namespace popcheck
