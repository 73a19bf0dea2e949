#include "mail/encoded_word.h"

#include <algorithm>
#include <string>

#include "mail/charset.h"
#include "mail/transfer.h"
#include "mail/utf8.h"

namespace postern {
namespace {

constexpr std::string_view opening = "=?";
constexpr std::string_view closing = "?=";
// No charset name with a language comes near this.
constexpr std::size_t longest_charset = 60;

struct Word {
  std::string_view charset;
  char encoding;  // 'b' or 'q'
  std::string_view text;
  std::size_t size;  // with its delimiters
};

// "utf-8" of "utf-8*en" (RFC 2231 section 5).
std::string_view without_language(std::string_view charset) {
  return charset.substr(0, charset.find('*'));
}

void append_q(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '=' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low >= 0) {
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i] == '_' ? ' ' : text[i]);
    }
  }
}

class EncodedWordDecoder {
 public:
  EncodedWordDecoder(std::string_view text, Arena& arena, Defects& defects)
      : text_(text), arena_(arena), defects_(defects) {}

  std::string_view run() {
    std::size_t literal_from = 0;
    std::size_t at = 0;
    Word word;
    while ((at = text_.find(opening, at)) != std::string_view::npos) {
      if (!read_word(at, word)) {
        at += opening.size();
        continue;
      }
      append_literal(text_.substr(literal_from, at - literal_from), /*before_word=*/true);
      append_word(word);
      at += word.size;
      literal_from = at;
    }
    append_literal(text_.substr(literal_from), /*before_word=*/false);
    // A decoded line end must not look like one of the header.
    std::replace_if(
        out_.begin(), out_.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return arena_.store(out_);
  }

 private:
  bool read_word(std::size_t at, Word& word) {
    const std::size_t charset_from = at + opening.size();
    const std::string_view window = text_.substr(charset_from, longest_charset);
    const std::size_t charset_size = window.find_first_of("? \t");
    if (charset_size == std::string_view::npos || window[charset_size] != '?') return false;
    const std::size_t encoding_at = charset_from + charset_size + 1;
    if (encoding_at + 1 >= text_.size() || text_[encoding_at + 1] != '?') return false;
    word.encoding = ascii_lower(text_[encoding_at]);
    if (word.encoding != 'b' && word.encoding != 'q') {
      defects_.add(Defect::bad_encoded_word);
      return false;
    }
    const std::size_t from = encoding_at + 2;
    const std::size_t end = no_more_ends_ ? std::string_view::npos : text_.find(closing, from);
    if (end == std::string_view::npos) {
      // Remembered, so that many openings without an end cost one search and not one each.
      no_more_ends_ = true;
      defects_.add(Defect::bad_encoded_word);
      return false;
    }
    word.charset = without_language(window.substr(0, charset_size));
    word.text = text_.substr(from, end - from);
    word.size = end + closing.size() - at;
    return true;
  }

  void append_literal(std::string_view literal, bool before_word) {
    const bool between_words = before_word && in_words_ && trimmed(literal).empty();
    if (between_words) return;
    flush();
    out_.append(guessed_utf8(literal, arena_));
  }

  void append_word(const Word& word) {
    if (!in_words_ || !equals_ignoring_case(word.charset, charset_)) flush();
    in_words_ = true;
    charset_ = word.charset;
    if (word.encoding == 'q') {
      append_q(word.text, octets_);
      return;
    }
    Defects base64_defects;
    octets_.append(decode_base64(word.text, word.text.size(), arena_, base64_defects).octets);
    if (base64_defects.any()) defects_.add(Defect::bad_encoded_word);
  }

  // Converts the octets of the adjacent words seen so far.
  void flush() {
    if (!octets_.empty()) {
      out_.append(to_utf8(octets_, charset_, std::string_view::npos, arena_, defects_));
    }
    octets_.clear();
    in_words_ = false;
  }

  std::string_view text_;
  Arena& arena_;
  Defects& defects_;
  std::string out_;
  std::string octets_;  // decoded, not yet converted
  std::string_view charset_;
  bool in_words_ = false;
  bool no_more_ends_ = false;
};

}  // namespace

std::string_view decode_encoded_words(std::string_view text, Arena& arena, Defects& defects) {
  if (text.find(opening) == std::string_view::npos) return guessed_utf8(text, arena);
  return EncodedWordDecoder(text, arena, defects).run();
}

}  // namespace postern
