#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace postern {
namespace {

constexpr unsigned char octet(char c) { return static_cast<unsigned char>(c); }

// What the first octet says about the sequence: its length (0: no such sequence) and the range of
// its second octet, which is where overlong forms and surrogates show (Unicode table 3-7).
struct Lead {
  std::size_t length;
  unsigned char second_from;
  unsigned char second_to;
};

constexpr Lead lead_of(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xC2) return {0, 0, 0};
  if (first < 0xE0) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first < 0xF0) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first < 0xF4) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

}  // namespace

Utf8Sequence utf8_sequence_at(std::string_view text) {
  const Lead lead = lead_of(octet(text[0]));
  if (lead.length == 0) return {1, false, false};
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {i, false, true};
    const unsigned char next = octet(text[i]);
    const unsigned char from = i == 1 ? lead.second_from : 0x80;
    const unsigned char to = i == 1 ? lead.second_to : 0xBF;
    if (next < from || next > to) return {i, false, false};
  }
  return {lead.length, true, false};
}

std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, text.data() + i, 8);
    if ((eight & high_bits) != 0) break;
  }
  while (i < text.size() && octet(text[i]) < 0x80) ++i;
  return i;
}

std::size_t utf8_prefix(std::string_view text) {
  std::size_t i = 0;
  while (true) {
    i += ascii_prefix(text.substr(i));
    // Non-ASCII characters come in runs in most scripts.
    while (i < text.size() && octet(text[i]) >= 0x80) {
      const Utf8Sequence sequence = utf8_sequence_at(text.substr(i));
      if (!sequence.valid) return i;
      i += sequence.octets;
    }
    if (i == text.size()) return i;
  }
}

}  // namespace postern
