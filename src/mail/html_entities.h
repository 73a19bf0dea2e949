// Character references of HTML (WHATWG HTML section 13.2.5.72): numeric ones, and the named ones
// of HTML 4 with the few newer ones that mail uses.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/arena.h"

namespace postern {

struct CharacterReference {
  std::size_t size = 0;  // octets of the reference with its ";"; 0 when there is none
  char32_t code_point = 0;
};

// What begins at the front of `text`, which is "&". In an attribute a name without ";" counts only
// when no "=" or letter follows, so that "?a=1&copy=2" stays an address.
CharacterReference read_reference(std::string_view text, bool in_attribute);

// An attribute's value with its references resolved; the value itself when it has none.
std::string_view resolved_references(std::string_view value, Arena& arena);

}  // namespace postern
