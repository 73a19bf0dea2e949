// Text out of messages on a terminal: it must not move the cursor, colour lines or forge them.
#pragma once

#include <string>

namespace postern {

// One line: control characters become spaces.
std::string printable(std::string text);
// The same with line ends and tabs kept, CRs left out, and octets that are no UTF-8 as "?".
std::string printable_lines(std::string text);

}  // namespace postern
