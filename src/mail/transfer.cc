#include "mail/transfer.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace postern {
namespace {

constexpr std::uint8_t not_base64 = 0xFF;

constexpr std::array<std::uint8_t, 256> make_base64_values() {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> values{};
  values.fill(not_base64);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}

constexpr auto base64_values = make_base64_values();

std::uint8_t base64_value(char c) { return base64_values[static_cast<unsigned char>(c)]; }

// Decodes base64 into a writer, keeping what is left of a group of four over line ends.
class Base64Decoder {
 public:
  Base64Decoder(std::string_view encoded, ArenaWriter& out) : in_(encoded), out_(out) {}

  // False when something was no base64.
  bool run() {
    while (at_ < in_.size() && out_.room() >= 3) {
      if (count_ == 0) whole_groups();
      if (at_ == in_.size() || out_.room() < 3) break;
      const char c = in_[at_++];
      const std::uint8_t value = base64_value(c);
      if (value != not_base64) {
        add(value);
      } else if (c == '=') {
        flush();
        if (!goes_on_after_padding()) return clean_;
      } else if (!is_ascii_space(c)) {
        clean_ = false;
      }
    }
    flush();
    return clean_;
  }

  bool reached_end() const {
    return in_.substr(at_).find_first_not_of(" \t\n\r=") == std::string_view::npos;
  }

 private:
  void whole_groups() {
    std::size_t groups = std::min((in_.size() - at_) / 4, out_.room() / 3);
    const char* in = in_.data() + at_;
    char* out = out_.at();
    for (; groups > 0; --groups, in += 4, out += 3) {
      const std::uint32_t a = base64_value(in[0]);
      const std::uint32_t b = base64_value(in[1]);
      const std::uint32_t c = base64_value(in[2]);
      const std::uint32_t d = base64_value(in[3]);
      if (((a | b | c | d) & 0xC0) != 0) break;
      const std::uint32_t bits = (a << 18) | (b << 12) | (c << 6) | d;
      out[0] = static_cast<char>(bits >> 16);
      out[1] = static_cast<char>(bits >> 8);
      out[2] = static_cast<char>(bits);
    }
    at_ = static_cast<std::size_t>(in - in_.data());
    out_.advance_to(out);
  }

  void add(std::uint8_t value) {
    bits_ = (bits_ << 6) | value;
    if (++count_ < 4) return;
    for (int shift = 16; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(bits_ >> shift));
    bits_ = 0;
    count_ = 0;
  }

  // Writes the whole octets of an unfinished group.
  void flush() {
    if (count_ == 1) clean_ = false;
    if (count_ >= 2) out_.push_back(static_cast<char>(bits_ >> (count_ * 6 - 8)));
    if (count_ == 3) out_.push_back(static_cast<char>(bits_ >> 2));
    bits_ = 0;
    count_ = 0;
  }

  bool goes_on_after_padding() {
    at_ = std::min(in_.find_first_not_of("= \t\n\r", at_), in_.size());
    if (at_ == in_.size()) return false;
    const std::string_view line = in_.substr(at_, in_.find('\n', at_) - at_);
    std::size_t digits = 0;
    while (digits < line.size() && base64_value(line[digits]) != not_base64) ++digits;
    const std::size_t padded = std::min(line.find_first_not_of('=', digits), line.size());
    if (padded % 4 == 0 && trimmed(line.substr(padded)).empty()) return true;
    clean_ = false;
    at_ = in_.size();
    return false;
  }

  std::string_view in_;
  ArenaWriter& out_;
  std::size_t at_ = 0;
  std::uint32_t bits_ = 0;
  int count_ = 0;
  bool clean_ = true;
};

// Writes one line without soft break and trailing white space; false when an "=" was no escape.
bool write_quoted_printable(std::string_view line, ArenaWriter& out) {
  bool clean = true;
  while (!line.empty() && out.room() > 0) {
    const std::size_t escape = std::min(line.find('='), line.size());
    out.append(line.substr(0, std::min(escape, out.room())));
    if (escape == line.size() || out.room() == 0) break;
    const int high = escape + 1 < line.size() ? hex_value(line[escape + 1]) : -1;
    const int low = escape + 2 < line.size() ? hex_value(line[escape + 2]) : -1;
    if (high < 0 || low < 0) {
      clean = false;
      out.push_back('=');
      line.remove_prefix(escape + 1);
    } else {
      out.push_back(static_cast<char>(high * 16 + low));
      line.remove_prefix(escape + 3);
    }
  }
  return clean;
}

}  // namespace

int hex_value(char c) {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

Decoded decode_base64(std::string_view encoded, std::size_t limit, Arena& arena, Defects& defects) {
  // A group of slack, because decoding stops where a whole group no longer fits.
  ArenaWriter out(arena, std::min(encoded.size() / 4 * 3, limit) + 6);
  Base64Decoder decoder(encoded, out);
  if (!decoder.run()) defects.add(Defect::bad_base64);
  const bool cut = out.size() > limit || !decoder.reached_end();
  return {out.view().substr(0, limit), cut};
}

Decoded decode_quoted_printable(std::string_view encoded, std::size_t limit, Arena& arena,
                                Defects& defects) {
  ArenaWriter out(arena, std::min(encoded.size(), limit + 1));
  while (!encoded.empty() && out.room() > 0) {
    const std::size_t end = std::min(encoded.find('\n'), encoded.size());
    std::string_view line = encoded.substr(0, end);
    while (!line.empty() && is_ascii_space(line.back())) line.remove_suffix(1);
    const bool soft_break = !line.empty() && line.back() == '=';
    if (soft_break) line.remove_suffix(1);
    if (!write_quoted_printable(line, out)) defects.add(Defect::bad_quoted_printable);
    const bool has_line_end = end < encoded.size();
    if (has_line_end && !soft_break && out.room() > 0) out.push_back('\n');
    encoded.remove_prefix(has_line_end ? end + 1 : end);
  }
  return {out.view().substr(0, limit), out.size() > limit};
}

TransferEncoding transfer_encoding(std::string_view name) {
  if (name.empty() || name == "7bit" || name == "8bit" || name == "binary") {
    return TransferEncoding::identity;
  }
  if (name == "base64") return TransferEncoding::base64;
  if (name == "quoted-printable") return TransferEncoding::quoted_printable;
  return TransferEncoding::unknown;
}

Decoded decode_transfer(std::string_view encoded, std::string_view encoding, std::size_t limit,
                        Arena& arena, Defects& defects) {
  switch (transfer_encoding(encoding)) {
    case TransferEncoding::base64: return decode_base64(encoded, limit, arena, defects);
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(encoded, limit, arena, defects);
    case TransferEncoding::unknown: defects.add(Defect::unknown_encoding); break;
    case TransferEncoding::identity: break;
  }
  return {encoded.substr(0, limit), encoded.size() > limit};
}

}  // namespace postern
