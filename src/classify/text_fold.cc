#include "classify/text_fold.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

#include "base/ascii.h"
#include "classify/look_alikes.h"
#include "mail/unicode.h"
#include "mail/utf8.h"

namespace postern {
namespace {

using Octet = unsigned char;

constexpr std::size_t block = 16;
// Octets beyond ASCII that are normalised together. Bounds ICU's sorting of endless marks.
constexpr std::size_t longest_run = 96;
constexpr std::size_t longest_folded = longest_run * 11 + 64;

struct Range {
  char32_t from, to;
};

// Default_Ignorable_Code_Point (Unicode 15, DerivedCoreProperties).
constexpr Range invisible_ranges[] = {
    {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C}, {0x115F, 0x1160}, {0x17B4, 0x17B5},
    {0x180B, 0x180F},   {0x200B, 0x200F},   {0x202A, 0x202E}, {0x2060, 0x206F}, {0x3164, 0x3164},
    {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFF8}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_emoji_joint(char32_t code) { return code == 0x200D || (code >= 0xFE00 && code <= 0xFE0F); }

// Of a valid sequence.
char32_t decode(const char* at, std::size_t length) {
  const auto octet = [at](std::size_t i) {
    return static_cast<char32_t>(static_cast<Octet>(at[i]));
  };
  switch (length) {
    case 2: return (octet(0) & 0x1F) << 6 | (octet(1) & 0x3F);
    case 3: return (octet(0) & 0x0F) << 12 | (octet(1) & 0x3F) << 6 | (octet(2) & 0x3F);
    case 4:
      return (octet(0) & 0x07) << 18 | (octet(1) & 0x3F) << 12 | (octet(2) & 0x3F) << 6 |
             (octet(3) & 0x3F);
    default: return octet(0);
  }
}

std::size_t sequence_length(char lead) {
  const auto octet = static_cast<Octet>(lead);
  return octet < 0xC0 ? 1 : octet < 0xE0 ? 2 : octet < 0xF0 ? 3 : 4;
}

void lower_ascii(char* text, std::size_t size) {
  const auto lower = [](char c) {
    return static_cast<char>(c + (static_cast<Octet>(c - 'A') < 26 ? 'a' - 'A' : 0));
  };
  std::size_t i = 0;
  // Blocks of a fixed size, so that the compiler uses vector instructions.
  for (; i + block <= size; i += block) {
    for (std::size_t k = 0; k < block; ++k) text[i + k] = lower(text[i + k]);
  }
  for (; i < size; ++i) text[i] = lower(text[i]);
}

// What readers take for a plain character and NFKC leaves apart; else the character itself.
char32_t plain_form(char32_t code) {
  if (code < 0x2010) {
    if (code == 0xA0) return ' ';
    if (code == 0xAB || code == 0xBB) return '"';
    return code == 0xB4 || code == 0x2BC ? '\'' : code;
  }
  if (code <= 0x2032) {
    if (code <= 0x2013) return '-';
    if (code <= 0x2015 || code == 0x2028 || code == 0x2029) return ' ';
    if (code >= 0x2018 && code <= 0x201B) return '\'';
    if (code >= 0x201C && code <= 0x201F) return '"';
    return code == 0x2032 ? '\'' : code;
  }
  // White letters on black discs and squares.
  if (code >= 0x1F150 && code <= 0x1F169) return code - 0x1F150 + 'A';
  if (code >= 0x1F170 && code <= 0x1F189) return code - 0x1F170 + 'A';
  return code;
}

constexpr char32_t needs_icu = 0;

constexpr Range caseless_low[] = {
    {0x0430, 0x045F},  // Cyrillic, small
    {0x05D0, 0x05EA},  // Hebrew
    {0x0620, 0x064A},  // Arabic
    {0x0E01, 0x0E32},  // Thai
};
constexpr Range caseless_high[] = {
    {0x2016, 0x2016}, {0x2020, 0x2022},  // general punctuation
    {0x20AC, 0x20AC},                    // euro
    {0x3001, 0x3020},                    // ideographic punctuation
    {0x3041, 0x3096}, {0x30A1, 0x30FC},  // kana
    {0x4E00, 0x9FFC}, {0xAC00, 0xD7A3},  // ideographs, hangul
};

// The folded form of characters that are known to fold by themselves; needs_icu for all others,
// among them marks, which may join what stands before them.
char32_t simply_folded(char32_t code, LetterCase letter_case) {
  const auto lowered = [&](char32_t distance) {
    return letter_case == LetterCase::lower ? code + distance : code;
  };
  // Where capitals and small letters take turns.
  const auto in_turns = [&](char32_t parity) { return lowered((code & 1) == parity ? 1 : 0); };
  if (code < 0xC0) {
    constexpr std::string_view plain = "\xA1\xA2\xA3\xA5\xA7\xA9\xAC\xAE\xB0\xB1\xB6\xBF";
    return plain.find(static_cast<char>(code)) != std::string_view::npos ? code : needs_icu;
  }
  if (code < 0xE0) return code == 0xD7 ? code : code == 0xDF ? needs_icu : lowered(32);
  if (code < 0x100) return code;
  if (code < 0x130) return in_turns(0);
  if (code >= 0x139 && code < 0x149)
    return code == 0x13F || code == 0x140 ? needs_icu : in_turns(1);
  if (code >= 0x14A && code < 0x178) return in_turns(0);
  if (code < 0x0410) return code >= 0x3AC && code < 0x3CF && code != 0x3C2 ? code : needs_icu;
  if (code < 0x0430) return lowered(32);
  if (code < 0x1EA0) {
    for (const Range& range : caseless_low) {
      if (code <= range.to) return code >= range.from ? code : needs_icu;
    }
    return needs_icu;
  }
  if (code < 0x1F00) return in_turns(0);
  for (const Range& range : caseless_high) {
    if (code <= range.to) return code >= range.from ? code : needs_icu;
  }
  return needs_icu;
}

class Folder {
 public:
  Folder(std::size_t limit, LetterCase letter_case, std::string& out)
      : limit_(limit), begin_(out.size()), letter_case_(letter_case), out_(out) {}

  std::size_t run(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && !full_) {
      if (static_cast<Octet>(text[at]) < 0x80) {
        at += append_ascii(text.substr(at));
      } else {
        at += append_beyond(text.substr(at));
      }
    }
    return invisible_;
  }

 private:
  std::size_t append_ascii(std::string_view text) {
    const std::size_t room = limit_ - std::min(limit_, out_.size());
    const std::size_t size = ascii_prefix(text.substr(0, room));
    const std::size_t from = out_.size();
    out_.append(text.data(), size);
    if (letter_case_ == LetterCase::lower) lower_ascii(out_.data() + from, size);
    full_ = out_.size() >= limit_;
    return size;
  }

  // Octets beyond ASCII at the front of `text`; returns how many were read.
  std::size_t append_beyond(std::string_view text) {
    std::array<char, longest_run + 8> folded;
    std::size_t size = 0;
    std::size_t at = 0;
    bool simple = true;
    const std::size_t valid = utf8_prefix(text.substr(0, longest_run + 3));
    while (at < valid && at < longest_run && static_cast<Octet>(text[at]) >= 0x80) {
      const std::size_t length = sequence_length(text[at]);
      const char32_t code = decode(text.data() + at, length);
      if (at == 0 && code >= 0x300 && code < 0x370) size = take_back_letter(folded.data());
      at += length;
      if (is_invisible(code)) {
        invisible_ += !is_emoji_joint(code);
        continue;
      }
      char32_t form = plain_form(code);
      if (form >= 0x80) {
        form = simply_folded(form, letter_case_);
        if (form == needs_icu) {
          simple = false;
          form = code;
        }
      } else if (letter_case_ == LetterCase::lower) {
        form = static_cast<char32_t>(ascii_lower(static_cast<char>(form)));
      }
      size = static_cast<std::size_t>(write_utf8(form, folded.data() + size) - folded.data());
    }
    if (at == 0) {
      append({text.data(), 1});  // no UTF-8
      return 1;
    }
    const std::string_view run(folded.data(), size);
    if (simple) {
      append(run);
    } else {
      append_normalised(run);
    }
    return at;
  }

  // The letter that a mark sits on is normalised together with it.
  std::size_t take_back_letter(char* to) {
    if (out_.size() == begin_ || !is_ascii_alpha(out_.back())) return 0;
    *to = out_.back();
    out_.pop_back();
    return 1;
  }

  void append_normalised(std::string_view run) {
    std::array<char, longest_folded> form;
    const auto folding = letter_case_ == LetterCase::lower ? CaseFolding::fold : CaseFolding::keep;
    const auto size = normalise(run, folding, form);
    append(size ? std::string_view(form.data(), *size) : run);
  }

  void append(std::string_view folded) {
    const std::size_t room = limit_ - std::min(limit_, out_.size());
    if (folded.size() >= room) {
      folded = without_cut_character(folded.substr(0, room));
      full_ = true;
    }
    out_ += folded;
  }

  const std::size_t limit_;
  const std::size_t begin_;
  const LetterCase letter_case_;
  std::string& out_;
  std::size_t invisible_ = 0;
  bool full_ = false;
};

bool is_mark(char32_t code) {
  return (code >= 0x300 && code < 0x370) || (code >= 0x20D0 && code <= 0x20FF);
}

}  // namespace

std::size_t fold_text(std::string_view text, std::size_t limit, LetterCase letter_case,
                      std::string& out) {
  if (out.size() >= limit) return 0;
  return Folder(limit, letter_case, out).run(text);
}

bool is_invisible(char32_t code_point) {
  if (code_point < 0x34F) return code_point == 0xAD;
  const auto* const found =
      std::lower_bound(std::begin(invisible_ranges), std::end(invisible_ranges), code_point,
                       [](const Range& range, char32_t code) { return range.to < code; });
  return found != std::end(invisible_ranges) && code_point >= found->from;
}

bool fold_look_alikes(std::string_view token, std::string& out) {
  bool latin = false;
  bool foreign = false;
  bool other = false;
  out.clear();
  std::size_t at = 0;
  while (at < token.size()) {
    const std::size_t length = std::min(sequence_length(token[at]), token.size() - at);
    const char32_t code = decode(token.data() + at, length);
    const char shown = length > 1 ? look_alike(code) : '\0';
    if (shown != '\0') {
      out += shown;
      foreign = true;
    } else if (length > 1 && is_mark(code)) {
      foreign = true;
    } else {
      out.append(token, at, length);
      latin = latin || is_ascii_alpha(token[at]);
      other = other || length > 1;
    }
    at += length;
  }
  return latin && foreign && !other;
}

std::size_t undisguise(std::string& text, std::string& scratch) {
  if (is_ascii(text)) return 0;
  const auto ends_word = [](char c) { return !is_ascii_alnum(c) && static_cast<Octet>(c) < 0x80; };
  std::size_t disguised = 0;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(from);
    const auto size = static_cast<std::size_t>(std::find_if(begin, text.end(), ends_word) - begin);
    const std::string_view word(text.data() + from, size);
    std::size_t kept = size;
    if (!is_ascii(word) && fold_look_alikes(word, scratch)) {
      ++disguised;
      kept = scratch.size();
      text.replace(from, size, scratch);
    }
    from += kept + 1;
  }
  return disguised;
}

bool fold_digits(std::string_view token, std::string& out) {
  constexpr std::string_view vowels = "aeiouAEIOU";
  std::size_t digits = 0;
  out.clear();
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if (is_ascii_alpha(c)) {
      out += c;
      continue;
    }
    if ((c != '0' && c != '1') || i == 0) return false;
    ++digits;
    // A 1 is an i after a consonant ("pr1ze"), an l after a vowel ("sa1e", "wa11et").
    const bool like_l =
        token[i - 1] == '1' ? out.back() == 'l' : vowels.find(out.back()) != std::string_view::npos;
    out += c == '0' ? 'o' : like_l ? 'l' : 'i';
  }
  return digits > 0 && token.size() >= 4 && digits * 2 < token.size();
}

}  // namespace postern
