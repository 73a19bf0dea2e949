#include "mail/utf8.h"

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

struct Sequence {
  std::size_t octets;  // of the character, or of the longest valid beginning of one (at least 1)
  bool valid;
  bool cut;  // a valid beginning that the end of the text cut off
};

Sequence sequence_at(std::string_view text) {
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

}  // namespace

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
      const Sequence sequence = sequence_at(text.substr(i));
      if (!sequence.valid) return i;
      i += sequence.octets;
    }
    if (i == text.size()) return i;
  }
}

std::string_view utf8_clipped(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (octet(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string_view without_cut_character(std::string_view text) {
  const std::size_t longest_beginning = 3;
  for (std::size_t back = 1; back <= longest_beginning && back <= text.size(); ++back) {
    const std::size_t at = text.size() - back;
    if ((octet(text[at]) & 0xC0) == 0x80) continue;
    return sequence_at(text.substr(at)).cut ? text.substr(0, at) : text;
  }
  return text;
}

std::string_view repaired_utf8(std::string_view text, Arena& arena) {
  std::size_t valid = utf8_prefix(text);
  if (valid == text.size()) return text;
  ArenaWriter out(arena, text.size() * replacement_character.size());
  while (!text.empty()) {
    out.append(text.substr(0, valid));
    text.remove_prefix(valid);
    if (text.empty()) break;
    out.append(replacement_character);
    text.remove_prefix(sequence_at(text).octets);
    valid = utf8_prefix(text);
  }
  return out.view();
}

char* write_utf8(char32_t code_point, char* out) {
  const auto put = [&out](char32_t value) { *out++ = static_cast<char>(value); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put(0x80 | (code_point & 0x3F));
  } else if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point < 0xE000)) {
    return write_utf8(0xFFFD, out);
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | (code_point >> 18));
    put(0x80 | ((code_point >> 12) & 0x3F));
    put(0x80 | ((code_point >> 6) & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return out;
}

void append_utf8(char32_t code_point, std::string& out) {
  char octets[4];
  out.append(octets, static_cast<std::size_t>(write_utf8(code_point, octets) - octets));
}

}  // namespace postern
