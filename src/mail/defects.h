// Defects: what is wrong with a message. Mail is never an error; it only has defects.
#pragma once

#include <cstdint>
#include <string>

namespace postern {

enum class Defect : std::uint32_t {
  truncated = 1u << 0,           // something lay beyond a JudgementLimits bound
  missing_boundary = 1u << 1,    // multipart without a boundary parameter, or it never occurs
  unclosed_multipart = 1u << 2,  // no closing delimiter
  bad_base64 = 1u << 3,
  bad_quoted_printable = 1u << 4,
  bad_encoded_word = 1u << 5,
  unknown_charset = 1u << 6,
  bad_charset_octets = 1u << 7,  // octets that are invalid in the declared charset
  bad_header_line = 1u << 8,     // a header line without a colon
  no_separator = 1u << 9,        // header never ends with an empty line
  nul_octet = 1u << 10,
  bare_cr = 1u << 11,
  eight_bit_header = 1u << 12,  // raw octets over 127 in a header
  duplicate_field = 1u << 13,   // a field that may occur once (RFC 5322 section 3.6) occurs twice
  unknown_encoding = 1u << 14,  // a Content-Transfer-Encoding that no RFC defines
  too_deep = 1u << 15,
};

class Defects {
 public:
  void add(Defect defect) { bits_ |= static_cast<std::uint32_t>(defect); }
  void add(Defects others) { bits_ |= others.bits_; }
  bool has(Defect defect) const { return (bits_ & static_cast<std::uint32_t>(defect)) != 0; }
  bool any() const { return bits_ != 0; }
  std::uint32_t bits() const { return bits_; }
  friend bool operator==(Defects, Defects) = default;

 private:
  std::uint32_t bits_ = 0;
};

// Names separated by commas, for people and tests: "bad_base64,truncated".
std::string to_string(Defects defects);

}  // namespace postern
