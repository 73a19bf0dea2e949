// Diagnostic: what is wrong in a rule file, where, and how to mend it.
#pragma once

#include <string>

namespace postern {

enum class Severity { note, warning, error };

struct Diagnostic {
  Severity severity = Severity::error;
  std::string file;
  int line = 0;        // from 1
  int column = 0;      // from 1, in octets; 0 when it is the whole line
  std::string rule;    // name, or empty
  std::string what;    // "no closing '/'"
  std::string advice;  // how to mend it; may be empty
};

// "FILE:LINE:COLUMN: error: RULE: what (advice)"
std::string to_string(const Diagnostic& diagnostic);

}  // namespace postern
