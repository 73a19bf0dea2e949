#include "classify/text_fold.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"

namespace postern {
namespace {

using Octet = unsigned char;

constexpr std::size_t longest_sequence = 3;  // octets that fold_sequence looks at

// What a sequence of non-ASCII octets folds to.
struct Folded {
  std::size_t length = 1;  // octets read
  char replacement = 0;    // an ASCII character, when there is one
  bool invisible = false;
};

Folded fold_sequence(std::string_view rest) {
  const auto at = [&](std::size_t i) -> unsigned {
    return i < rest.size() ? static_cast<Octet>(rest[i]) : 0u;
  };
  switch (at(0)) {
    case 0xC2:
      if (at(1) == 0xAD) return {2, 0, true};     // soft hyphen
      if (at(1) == 0xA0) return {2, ' ', false};  // no-break space
      break;
    case 0xCD:
      if (at(1) == 0x8F) return {2, 0, true};  // combining grapheme joiner
      break;
    case 0xE2:
      if (at(1) == 0x80) {
        const unsigned c = at(2);
        if (c >= 0x80 && c <= 0x8A) return {3, ' ', false};   // spaces of any width
        if (c >= 0x8B && c <= 0x8F) return {3, 0, true};      // zero width
        if (c >= 0xAA && c <= 0xAE) return {3, 0, true};      // directional
        if (c == 0x98 || c == 0x99) return {3, '\'', false};  // quotation marks
        if (c == 0x90 || c == 0x91) return {3, '-', false};   // hyphens
        if (c == 0xAF) return {3, ' ', false};
      }
      if (at(1) == 0x81 && at(2) >= 0xA0 && at(2) <= 0xAF) return {3, 0, true};
      break;
    case 0xE3:
      if (at(1) == 0x80 && at(2) == 0x80) return {3, ' ', false};
      break;
    case 0xEF:
      if (at(1) == 0xBB && at(2) == 0xBF) return {3, 0, true};  // byte order mark
      // U+FF01..U+FF5E are ASCII 0x21..0x7E in wide form.
      if (at(1) == 0xBC && at(2) >= 0x81) return {3, static_cast<char>(at(2) - 0x81 + 0x21), false};
      if (at(1) == 0xBD && at(2) >= 0x80 && at(2) <= 0x9E) {
        return {3, static_cast<char>(at(2) - 0x80 + 0x60), false};
      }
      break;
    default: break;
  }
  return {};
}

struct LookAlike {
  char16_t code;
  char latin;
};

// Lower and upper case Cyrillic and Greek letters whose usual shape is a Latin letter's
// (Unicode Technical Standard 39, the part that lures use).
constexpr LookAlike look_alikes[] = {
    {0x0391, 'a'}, {0x0392, 'b'}, {0x0395, 'e'}, {0x0396, 'z'}, {0x0397, 'h'}, {0x0399, 'i'},
    {0x039A, 'k'}, {0x039C, 'm'}, {0x039D, 'n'}, {0x039F, 'o'}, {0x03A1, 'p'}, {0x03A4, 't'},
    {0x03A5, 'y'}, {0x03A7, 'x'}, {0x03B1, 'a'}, {0x03B9, 'i'}, {0x03BD, 'v'}, {0x03BF, 'o'},
    {0x03C1, 'p'}, {0x03C5, 'u'}, {0x0405, 's'}, {0x0406, 'i'}, {0x0408, 'j'}, {0x0410, 'a'},
    {0x0412, 'b'}, {0x0415, 'e'}, {0x041A, 'k'}, {0x041C, 'm'}, {0x041D, 'h'}, {0x041E, 'o'},
    {0x0420, 'p'}, {0x0421, 'c'}, {0x0422, 't'}, {0x0425, 'x'}, {0x0430, 'a'}, {0x0435, 'e'},
    {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0443, 'y'}, {0x0445, 'x'}, {0x0455, 's'},
    {0x0456, 'i'}, {0x0458, 'j'}, {0x04BB, 'h'}, {0x0501, 'd'}, {0x051B, 'q'}, {0x051D, 'w'},
};

char look_alike(char16_t code) {
  const auto* const found =
      std::lower_bound(std::begin(look_alikes), std::end(look_alikes), code,
                       [](const LookAlike& entry, char16_t wanted) { return entry.code < wanted; });
  return found != std::end(look_alikes) && found->code == code ? found->latin : '\0';
}

}  // namespace

std::size_t fold_text(std::string_view text, std::size_t limit, LetterCase letter_case,
                      std::string& out) {
  const std::size_t before = out.size();
  if (before >= limit) return 0;
  // A sequence never folds to more octets than it has, so this is room enough.
  out.resize(std::min(limit + longest_sequence, before + text.size()));
  char* write = out.data() + before;
  const char* const end = out.data() + std::min(limit, out.size());
  std::size_t invisible = 0;
  for (std::size_t i = 0; i < text.size() && write < end;) {
    const char c = text[i];
    if (static_cast<Octet>(c) < 0x80) {
      *write++ = letter_case == LetterCase::lower ? ascii_lower(c) : c;
      ++i;
      continue;
    }
    const Folded folded = fold_sequence(text.substr(i, longest_sequence));
    if (folded.invisible) {
      ++invisible;
    } else if (folded.replacement != 0) {
      *write++ =
          letter_case == LetterCase::lower ? ascii_lower(folded.replacement) : folded.replacement;
    } else {
      *write++ = c;
    }
    i += folded.length;
  }
  out.resize(static_cast<std::size_t>(write - out.data()));
  return invisible;
}

bool fold_look_alikes(std::string_view token, std::string& out) {
  bool latin = false;
  bool replaced = false;
  out.clear();
  for (std::size_t i = 0; i < token.size(); ++i) {
    const auto lead = static_cast<Octet>(token[i]);
    // U+0380..U+053F are exactly the two-octet sequences that begin with CE to D4.
    if (lead >= 0xCE && lead <= 0xD4 && i + 1 < token.size()) {
      const auto code =
          static_cast<char16_t>((lead & 0x1F) << 6 | (static_cast<Octet>(token[i + 1]) & 0x3F));
      if (const char letter = look_alike(code); letter != '\0') {
        out += letter;
        replaced = true;
        ++i;
        continue;
      }
    }
    latin = latin || is_ascii_alpha(token[i]);
    out += token[i];
  }
  return latin && replaced;
}

}  // namespace postern
