#include "classify/feature_writer.h"

#include <algorithm>
#include <bit>

#include "base/ascii.h"
#include "classify/text_fold.h"

namespace postern {
namespace {

using Octet = unsigned char;

// Kinds of octets; those of a token are not 0.
enum Kind : std::uint8_t { letter = 1, zero_or_one = 2, other_digit = 4, sign = 8, eight_bit = 16 };

constexpr std::array<std::uint8_t, 256> make_token_octets() {
  std::array<std::uint8_t, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    const char ascii = static_cast<char>(c);
    if (c >= 0x80) table[c] = Kind::eight_bit;
    if (is_ascii_digit(ascii)) table[c] = c < '2' ? Kind::zero_or_one : Kind::other_digit;
    if (is_ascii_alpha(ascii)) table[c] = Kind::letter;
  }
  for (const char c : {'$', '\'', '-', '!', '.', '@', '_'})
    table[static_cast<Octet>(c)] = Kind::sign;
  return table;
}
constexpr auto token_octets = make_token_octets();

bool trimmed_away(char c) { return c == '.' || c == '-' || c == '\''; }

enum class Spacing : std::uint8_t { spaced, unspaced, separator };

struct Letter {
  std::size_t length;
  Spacing spacing;
};

// The character at the front of `text`: of a script that is written without spaces (ideographs,
// kana, hangul syllables, whose endings hide the word, Thai, Lao, Tibetan, Burmese, Khmer), of
// ideographic punctuation, or anything else. By the first two octets of its UTF-8 form.
Letter letter_at(std::string_view text) {
  const auto octet = [text](std::size_t i) {
    return i < text.size() ? static_cast<Octet>(text[i]) : Octet{0};
  };
  const auto within = [text](std::size_t length, Spacing spacing) {
    return text.size() < length ? Letter{1, Spacing::spaced} : Letter{length, spacing};
  };
  const Octet lead = octet(0), second = octet(1);
  if (lead == 0xF0)
    return within(4, second >= 0xA0 && second <= 0xBF ? Spacing::unspaced : Spacing::spaced);
  if (lead == 0xE3 && second == 0x80) return within(3, Spacing::separator);
  if (lead >= 0xE3 && lead <= 0xED) return within(3, Spacing::unspaced);
  if (lead == 0xE0 && second >= 0xB8) return within(3, Spacing::unspaced);
  if (lead != 0xE1) return {1, Spacing::spaced};
  const bool burmese = second == 0x80 || second == 0x81, khmer = second == 0x9E || second == 0x9F;
  return within(3, burmese || khmer ? Spacing::unspaced : Spacing::spaced);
}

// Characters of unspaced scripts go as pairs, everything between them as tokens.
void write_eight_bit_token(std::string_view token, TokenStream& stream, std::size_t longest) {
  std::size_t plain_from = 0;
  std::size_t i = 0;
  const auto end_plain = [&] {
    if (i > plain_from) stream.token(token.substr(plain_from, i - plain_from), longest);
  };
  while (i < token.size()) {
    const Letter letter = letter_at(token.substr(i));
    if (letter.spacing == Spacing::spaced) {
      i += letter.length;
      continue;
    }
    end_plain();
    const std::size_t next = i + letter.length;
    if (letter.spacing == Spacing::unspaced) {
      const Letter other = next < token.size() ? letter_at(token.substr(next)) : Letter{0, {}};
      const bool pair = other.spacing == Spacing::unspaced;
      stream.token(token.substr(i, letter.length + (pair ? other.length : 0)), longest);
    }
    i = plain_from = next;
  }
  end_plain();
}

}  // namespace

void TokenStream::token(std::string_view text, std::size_t longest) {
  if (text.empty()) return;
  if (text.size() <= longest) {
    emit(hash_bytes(text, seed_), text);
    return;
  }
  emit(mix64(seed_ + 0x6c6f6e67 + (std::uint64_t{static_cast<Octet>(text[0])} << 16) +
             text.size() / 10),
       text);
}

void TokenStream::emit(std::uint64_t hash, std::string_view text) {
  constexpr std::uint64_t spread = 0x9e3779b97f4a7c15ULL;
  constexpr std::uint64_t distance = 0xc2b2ae3d27d4eb4fULL;
  const auto label = [&](std::string_view words) {
    return std::string(where_) + " \"" + std::string(words) + "\"";
  };
  narrow_.add(hash, [&] { return label(text); });
  if (last_ != 0) {
    narrow_.add(mix64(last_ * spread + hash + distance),
                [&] { return label(last_text_ + " " + std::string(text)); });
  }
  if (wide_ != nullptr && last_but_one_ != 0) {
    wide_->add(mix64(last_but_one_ * spread + hash + 2 * distance),
               [&] { return label(last_but_one_text_ + " ... " + std::string(text)); });
  }
  last_but_one_ = last_;
  last_ = hash;
  if (narrow_.recording()) {
    last_but_one_text_ = std::move(last_text_);
    last_text_ = text.substr(0, 60);
  }
}

std::size_t write_tokens(std::string_view text, TokenStream& stream, std::string& scratch,
                         std::size_t longest) {
  std::size_t disguised = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at < end && token_octets[static_cast<Octet>(*at)] == 0) ++at;
    if (at == end) return disguised;
    const char* from = at;
    unsigned seen = 0;
    while (at < end && token_octets[static_cast<Octet>(*at)] != 0) {
      seen |= token_octets[static_cast<Octet>(*at++)];
    }
    const char* to = at;
    while (from < to && trimmed_away(*from)) ++from;
    while (to > from && trimmed_away(to[-1])) --to;
    const std::string_view token(from, static_cast<std::size_t>(to - from));
    if ((seen & Kind::eight_bit) == 0) {
      stream.token(token, longest);
      constexpr unsigned digits_for_letters = Kind::letter | Kind::zero_or_one;
      if (seen == digits_for_letters && fold_digits(token, scratch)) stream.token(scratch, longest);
      continue;
    }
    write_eight_bit_token(token, stream, longest);
    if (fold_look_alikes(token, scratch)) {
      ++disguised;
      stream.token(scratch, longest);
    }
  }
}

std::uint64_t magnitude(std::uint64_t count) {
  return static_cast<std::uint64_t>(std::bit_width(count));
}

std::uint64_t share_bucket(std::uint64_t part, std::uint64_t whole, std::uint64_t steps) {
  if (part == 0 || whole == 0) return 0;
  return 1 + std::min(part, whole) * (steps - 1) / whole;
}

std::string_view outline(std::string_view text, std::array<char, 40>& buffer) {
  std::size_t size = 0;
  char last = 0;
  for (const char c : text) {
    const char kind = is_ascii_digit(c)                     ? '9'
                      : c >= 'a' && c <= 'z'                ? 'a'
                      : c >= 'A' && c <= 'Z'                ? 'A'
                      : static_cast<unsigned char>(c) > 127 ? '~'
                                                            : c;
    if (kind == last) continue;
    if (size == buffer.size()) break;
    buffer[size++] = last = kind;
  }
  return {buffer.data(), size};
}

}  // namespace postern
