#include "classify/script_mix.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"
#include "classify/tokenizer.h"
#include "mail/utf8.h"

namespace postern {
namespace {

unsigned octet_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
}

std::size_t sequence_length(unsigned lead) {
  return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

// By the first two octets of its UTF-8 form: Greek (U+0380) to the end of the two-octet range; of
// the three-octet range all but Latin Extended Additional (U+1E00), general punctuation and
// symbols (U+2000 to U+2BFF) and the private ligatures at its end; nothing of four octets, where
// emoji are.
bool is_beyond_latin(unsigned first, unsigned second) {
  if (first < 0xE0) return first >= 0xCE;
  if (first == 0xE1) return second < 0xB8 || second > 0xBB;
  if (first == 0xE2) return second >= 0xB0;
  return first < 0xEF || (first == 0xEF && second >= 0xBC);
}

struct Letters {
  std::size_t latin = 0;
  std::size_t beyond = 0;
};

void count_letters(std::string_view text, Letters& letters) {
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = octet_at(text, i);
    if (first < 0x80) {
      letters.latin += is_ascii_alpha(text[i]);
      ++i;
      continue;
    }
    if (first >= 0xC0) letters.beyond += is_beyond_latin(first, octet_at(text, i + 1));
    i += sequence_length(first);
  }
}

}  // namespace

bool mostly_beyond_latin(const Content& content) {
  Letters letters;
  count_letters(content.subject.substr(0, 500), letters);
  std::size_t left = TokenizerLimits::base_body;
  for (const Text& text : content.texts) {
    const std::string_view piece = text.visible.substr(0, left);
    count_letters(piece, letters);
    left -= piece.size();
  }
  // An ideograph says as much as several letters, and addresses and brand names are Latin
  // everywhere.
  return letters.beyond * 2 > letters.latin;
}

void blank_beyond_latin(std::string& text) {
  std::size_t end = ascii_prefix(text);
  for (std::size_t i = end; i < text.size();) {
    const unsigned first = octet_at(text, i);
    const std::size_t length = std::min(sequence_length(first), text.size() - i);
    if (first >= 0xC0 && is_beyond_latin(first, octet_at(text, i + 1))) {
      text[end++] = ' ';
    } else {
      // In place: what is written never overtakes what is read.
      std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(i), length,
                  text.begin() + static_cast<std::ptrdiff_t>(end));
      end += length;
    }
    i += length;
  }
  text.resize(end);
}

}  // namespace postern
