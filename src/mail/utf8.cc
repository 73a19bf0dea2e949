#include "mail/utf8.h"

namespace postern {
namespace {

constexpr unsigned char octet(char c) { return static_cast<unsigned char>(c); }

}  // namespace

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
    return utf8_sequence_at(text.substr(at)).cut ? text.substr(0, at) : text;
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
    text.remove_prefix(utf8_sequence_at(text).octets);
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
