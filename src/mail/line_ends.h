// Line ends: mail has LF or CRLF ones; everything behind this works on LF alone.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

struct LfForm {
  std::string_view text;  // into the given octets when nothing had to change, else into the arena
  bool cut = false;       // there was more than `limit`
};

// At most `limit` octets of the message with LF line ends. CRLF becomes LF, so do several CR
// before one LF (QUIRK: left by doubled conversions); any other CR stays. Both of these are noted
// as Defect::bare_cr, and a NUL as Defect::nul_octet.
LfForm lf_form(std::string_view message, std::size_t limit, Arena& arena, Defects& defects);

// The same for decoded text, where a lone CR is a line end too (QUIRK: old Macintosh texts).
std::string_view text_with_lf(std::string_view text, Arena& arena);

}  // namespace postern
