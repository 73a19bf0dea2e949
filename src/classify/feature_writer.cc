#include "classify/feature_writer.h"

#include <algorithm>
#include <bit>

#include "base/ascii.h"
#include "classify/text_fold.h"

namespace postern {
namespace {

using Octet = unsigned char;

constexpr std::array<bool, 256> make_token_octets() {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 256; ++c) {
    table[c] =
        c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
  for (const char c : {'$', '\'', '-', '!', '.', '@', '_'}) table[static_cast<Octet>(c)] = true;
  return table;
}
constexpr auto token_octets = make_token_octets();

bool trimmed_away(char c) { return c == '.' || c == '-' || c == '\''; }

// Length of the ideograph, kana or hangul syllable at the start of `text`, else 0. All of
// U+3040..U+D7FF are three octets from E3 to ED.
std::size_t ideograph_length(std::string_view text) {
  const auto lead = static_cast<Octet>(text[0]);
  return lead >= 0xE3 && lead <= 0xED && text.size() >= 3 ? 3 : 0;
}

void write_eight_bit_token(std::string_view token, TokenStream& stream, std::size_t longest) {
  std::size_t plain_from = 0;
  std::size_t i = 0;
  while (i < token.size()) {
    const std::size_t length = ideograph_length(token.substr(i));
    if (length == 0) {
      ++i;
      continue;
    }
    if (i > plain_from) stream.token(token.substr(plain_from, i - plain_from), longest);
    const std::size_t next = i + length;
    const bool pair = next < token.size() && ideograph_length(token.substr(next)) != 0;
    stream.token(token.substr(i, pair ? 2 * length : length), longest);
    i = next;
    plain_from = next;
  }
  if (i > plain_from) stream.token(token.substr(plain_from, i - plain_from), longest);
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
    while (at < end && !token_octets[static_cast<Octet>(*at)]) ++at;
    if (at == end) return disguised;
    const char* from = at;
    unsigned seen = 0;
    while (at < end && token_octets[static_cast<Octet>(*at)]) seen |= static_cast<Octet>(*at++);
    const char* to = at;
    while (from < to && trimmed_away(*from)) ++from;
    while (to > from && trimmed_away(to[-1])) --to;
    const std::string_view token(from, static_cast<std::size_t>(to - from));
    if (seen < 0x80) {
      stream.token(token, longest);
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
