// What popcheck's command line asks for.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "popcheck/check.h"

namespace popcheck {

struct Options {
  Target target;  // without the password
  std::string pass_file;
  Means means;
  bool chaos = false;
  bool tap = false;
  bool dialogue = false;
  std::string junit;              // where to write it; empty: nowhere
  std::string fixture;            // a Maildir to write, and nothing else to do; empty: none
  std::vector<std::string> only;  // numbers of statements; empty: all
};

struct CommandLine {
  Options options;
  bool over = false;  // help was wanted or something is wrong; what there is to say is said
  int status = 0;     // to end with, when `over`
};

CommandLine read_command_line(int argc, const char* const* argv);

// Of all statements those that are asked for, in their order. Errc::usage when a number that is
// asked for has none.
postern::Result<std::vector<Check>> chosen_checks(const Options& options);

}  // namespace popcheck
