// Transfer decoders: base64 and quoted-printable (RFC 2045 section 6), lenient and linear.
#pragma once

#include <cstddef>
#include <string_view>

#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

struct Decoded {
  std::string_view octets;
  bool cut = false;  // decoding stopped at the limit
};

// RFC 2045 section 6.8. Octets outside the alphabet are skipped (Defect::bad_base64 unless white
// space). Padding ends the text; QUIRK: it goes on where the next line is whole base64 again,
// because some senders encode piece by piece, while list footers behind the padding are no base64.
Decoded decode_base64(std::string_view encoded, std::size_t limit, Arena& arena, Defects& defects);

// RFC 2045 section 6.7. White space before a line end goes; "=" without two hexadecimal digits
// behind it stays as it is (Defect::bad_quoted_printable). The text has LF line ends.
Decoded decode_quoted_printable(std::string_view encoded, std::size_t limit, Arena& arena,
                                Defects& defects);

// Value of a hexadecimal digit, or -1.
int hex_value(char c);

enum class TransferEncoding { identity, base64, quoted_printable, unknown };
// `name` in lower case. Empty is identity ("7bit", RFC 2045 section 6.1).
TransferEncoding transfer_encoding(std::string_view name);

// By name; unknown encodings leave the octets as they are (Defect::unknown_encoding).
Decoded decode_transfer(std::string_view encoded, std::string_view encoding, std::size_t limit,
                        Arena& arena, Defects& defects);

}  // namespace postern
