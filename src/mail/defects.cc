#include "mail/defects.h"

namespace postern {
namespace {

struct DefectName {
  Defect defect;
  const char* name;
};

constexpr DefectName defect_names[] = {
    {Defect::truncated, "truncated"},
    {Defect::missing_boundary, "missing_boundary"},
    {Defect::unclosed_multipart, "unclosed_multipart"},
    {Defect::bad_base64, "bad_base64"},
    {Defect::bad_quoted_printable, "bad_quoted_printable"},
    {Defect::bad_encoded_word, "bad_encoded_word"},
    {Defect::unknown_charset, "unknown_charset"},
    {Defect::bad_charset_octets, "bad_charset_octets"},
    {Defect::bad_header_line, "bad_header_line"},
    {Defect::no_separator, "no_separator"},
    {Defect::nul_octet, "nul_octet"},
    {Defect::bare_cr, "bare_cr"},
    {Defect::eight_bit_header, "eight_bit_header"},
    {Defect::duplicate_field, "duplicate_field"},
    {Defect::unknown_encoding, "unknown_encoding"},
    {Defect::too_deep, "too_deep"},
};

}  // namespace

std::string to_string(Defects defects) {
  std::string names;
  for (const auto& [defect, name] : defect_names) {
    if (!defects.has(defect)) continue;
    if (!names.empty()) names.push_back(',');
    names += name;
  }
  return names;
}

}  // namespace postern
