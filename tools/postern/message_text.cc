#include "message_text.h"

#include <string_view>

#include "mail/utf8.h"

namespace postern {
namespace {

std::string without_controls(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view sound = text.substr(0, utf8_prefix(text));
    for (std::size_t i = 0; i < sound.size(); ++i) {
      const auto octet = static_cast<unsigned char>(sound[i]);
      // U+0080 to U+009F are controls, too: two octets that begin with C2.
      const bool upper_control = octet == 0xC2 && static_cast<unsigned char>(sound[i + 1]) < 0xA0;
      const bool control = octet < 0x20 || octet == 0x7F || upper_control;
      const bool keep = !control || kept.find(sound[i]) != std::string_view::npos;
      out += keep ? sound[i] : ' ';
      i += upper_control;
    }
    text.remove_prefix(sound.size());
    if (text.empty()) break;
    out += '?';
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string printable(std::string text) { return without_controls(text, ""); }

std::string printable_lines(std::string text) {
  std::erase(text, '\r');
  return without_controls(text, "\n\t");
}

}  // namespace postern
