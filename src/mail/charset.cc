#include "mail/charset.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mail/utf8.h"

namespace postern {
namespace {

// The WHATWG Encoding Standard's index windows-1252: five octets have no character there and
// stand for the C1 control of the same value.
constexpr std::array<char16_t, 32> windows_1252 = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x008D, 0x017D, 0x008F, 0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

enum class Kind { unknown, ascii, utf8, latin, icu };

struct Charset {
  Kind kind = Kind::unknown;
  const char* icu_name = nullptr;  // static
};

struct Alias {
  std::string_view name;  // as in names below
  Charset charset;
};

// Names without anything but letters and digits, in lower case: "ISO_8859-1" is "iso88591".
constexpr Alias aliases[] = {
    {"ansix341968", {Kind::ascii}},
    {"ascii", {Kind::ascii}},
    {"usascii", {Kind::ascii}},
    {"utf8", {Kind::utf8}},
    {"unicode11utf8", {Kind::utf8}},
    {"iso88591", {Kind::latin}},
    {"latin1", {Kind::latin}},
    {"l1", {Kind::latin}},
    {"windows1252", {Kind::latin}},
    {"cp1252", {Kind::latin}},
    {"ansi", {Kind::latin}},
    {"gb2312", {Kind::icu, "GB18030"}},
    {"gbk", {Kind::icu, "GB18030"}},
    {"ksc56011987", {Kind::icu, "windows-949"}},
    {"euckr", {Kind::icu, "windows-949"}},
    {"shiftjis", {Kind::icu, "windows-31j"}},
    {"sjis", {Kind::icu, "windows-31j"}},
    {"iso88598i", {Kind::icu, "ISO-8859-8"}},
    {"iso88599", {Kind::icu, "windows-1254"}},
    {"tis620", {Kind::icu, "windows-874"}},
    {"big5", {Kind::icu, "Big5-HKSCS"}},
};

// Longer names are no charset's; a bound keeps what a header can make us do small.
constexpr std::size_t longest_name = 40;

Charset find_charset(std::string_view name) {
  if (name.size() > longest_name) return {};
  std::string letters;
  for (const char c : name) {
    if (is_ascii_alnum(c)) letters.push_back(ascii_lower(c));
  }
  for (const auto& alias : aliases) {
    if (alias.name == letters) return alias.charset;
  }
  // Asking ICU's alias table first: opening a converter by a name that is not in it would look
  // for a file of that name.
  const std::string asked(name);
  UErrorCode status = U_ZERO_ERROR;
  const char* const known = ucnv_getAlias(asked.c_str(), 0, &status);
  if (U_FAILURE(status) != 0 || known == nullptr) return {};
  return {Kind::icu, known};
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

// The converters that this thread has opened, most recently used first.
class ConverterCache {
 public:
  // nullptr when ICU has no data for it.
  UConverter* find(const char* name) {
    for (auto& slot : slots_) {
      if (slot.first != name) continue;
      std::swap(slot, slots_.front());
      ucnv_reset(slots_.front().second.get());
      return slots_.front().second.get();
    }
    UErrorCode status = U_ZERO_ERROR;
    Converter opened(ucnv_open(name, &status));
    if (U_FAILURE(status) != 0) return nullptr;
    if (slots_.size() == capacity) slots_.pop_back();
    slots_.insert(slots_.begin(), {name, std::move(opened)});
    return slots_.front().second.get();
  }

 private:
  static constexpr std::size_t capacity = 12;
  // Compared by address: names come from ICU's table or from ours, both static.
  std::vector<std::pair<const char*, Converter>> slots_;
};

std::string_view from_windows_1252(std::string_view octets, Arena& arena) {
  const std::size_t ascii = ascii_prefix(octets);
  if (ascii == octets.size()) return octets;
  ArenaWriter out(arena, ascii + (octets.size() - ascii) * 3);
  out.append(octets.substr(0, ascii));
  char* at = out.at();
  for (const char c : octets.substr(ascii)) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x80) {
      *at++ = c;
    } else {
      at = write_utf8(octet < 0xA0 ? windows_1252[octet - 0x80u] : octet, at);
    }
  }
  out.advance_to(at);
  return out.view();
}

// What ICU made of it; not done when it has no such converter.
struct Converted {
  bool done = false;
  std::string_view text;
};

Converted from_icu(std::string_view octets, const char* name, std::size_t limit, Arena& arena,
                   Defects& defects) {
  thread_local ConverterCache cache;
  thread_local const Converter utf8 = [] {
    UErrorCode status = U_ZERO_ERROR;
    return Converter(ucnv_open("UTF-8", &status));
  }();
  UConverter* const from = cache.find(name);
  if (from == nullptr || utf8 == nullptr) return {};

  // No charset of mail needs more than three octets of UTF-8 for one; some slack for those whose
  // octets stand for several characters, and the conversion stops at the end anyway.
  ArenaWriter out(arena, std::min(octets.size() * 3 + 16, limit));
  std::array<UChar, 512> pivot;
  UChar* pivot_source = pivot.data();
  UChar* pivot_target = pivot.data();
  const char* source = octets.data();
  char* target = out.at();
  UErrorCode status = U_ZERO_ERROR;
  ucnv_convertEx(utf8.get(), from, &target, target + out.room(), &source, source + octets.size(),
                 pivot.data(), &pivot_source, &pivot_target, pivot.data() + pivot.size(),
                 /*reset=*/true, /*flush=*/true, &status);
  out.advance_to(target);
  if (status == U_BUFFER_OVERFLOW_ERROR) defects.add(Defect::truncated);
  // A call that stopped early may have written a part of a character.
  const std::string_view text = without_cut_character(out.view());
  if (text.find(replacement_character) != std::string_view::npos) {
    defects.add(Defect::bad_charset_octets);
  }
  return {true, text};
}

std::string_view clipped(std::string_view text, std::size_t limit, Defects& defects) {
  if (text.size() > limit) defects.add(Defect::truncated);
  return utf8_clipped(text, limit);
}

std::string_view from_utf8(std::string_view octets, Arena& arena, Defects& defects) {
  const std::string_view text = repaired_utf8(octets, arena);
  if (text.data() != octets.data()) defects.add(Defect::bad_charset_octets);
  return text;
}

}  // namespace

std::string_view guessed_utf8(std::string_view octets, Arena& arena) {
  return is_utf8(octets) ? octets : from_windows_1252(octets, arena);
}

std::string_view to_utf8(std::string_view octets, std::string_view charset, std::size_t limit,
                         Arena& arena, Defects& defects) {
  Charset found = charset.empty() ? Charset{Kind::ascii} : find_charset(charset);
  if (found.kind == Kind::icu) {
    const Converted converted = from_icu(octets, found.icu_name, limit, arena, defects);
    if (converted.done) return converted.text;
    found.kind = Kind::unknown;
  }
  switch (found.kind) {
    case Kind::utf8: return clipped(from_utf8(octets, arena, defects), limit, defects);
    case Kind::latin: return clipped(from_windows_1252(octets, arena), limit, defects);
    case Kind::ascii:
      if (!charset.empty() && !is_ascii(octets)) defects.add(Defect::bad_charset_octets);
      break;
    default: defects.add(Defect::unknown_charset); break;
  }
  return clipped(guessed_utf8(octets, arena), limit, defects);
}

}  // namespace postern
