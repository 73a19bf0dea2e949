// Parameters of Content-Type and Content-Disposition: RFC 2045 section 5.1 and RFC 2231.
#pragma once

#include <string_view>
#include <vector>

#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

struct Parameter {
  std::string_view name;    // lower case, without the "*0*" of RFC 2231
  std::string_view octets;  // continuations joined, percents decoded
  std::string_view value;   // the octets in UTF-8
  bool extended = false;    // written in the form of RFC 2231 section 4
};

struct ParameterList {
  std::string_view head;  // what stands before the first parameter, lower case: "text/html"
  std::vector<Parameter> parameters;

  // The extended one of that name (lower case) if there is one, for it says more (RFC 6266
  // appendix D), else the first, else nullptr.
  const Parameter* find(std::string_view name) const;
};

// Reads an unfolded value. Parts of a parameter may come in any order (RFC 2231 section 3).
//
// QUIRKs: encoded words in values are decoded (RFC 2047 forbids them there, senders use them);
// white space may stand for a missing ";"; an unquoted name or filename may have white space in
// it; a quoted string may lack its end; at most 64 parameters are read.
ParameterList parse_parameters(std::string_view value, Arena& arena, Defects& defects);

}  // namespace postern
