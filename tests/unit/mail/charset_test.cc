#include "mail/charset.h"

#include <gtest/gtest.h>

#include <string>

#include "mail/line_ends.h"
#include "mail/utf8.h"

namespace postern {
namespace {

constexpr std::size_t no_limit = 1 << 20;

struct Row {
  std::string_view octets;
  const char* charset;
  std::string_view text;
  const char* defects;
};

TEST(ToUtf8, KnowsTheCharsetsOfMail) {
  using namespace std::string_view_literals;
  constexpr Row rows[] = {
      {"plain", "us-ascii", "plain", ""},
      {"plain", "", "plain", ""},
      {"caf\xC3\xA9", "UTF-8", "caf\xC3\xA9", ""},
      {"caf\xC3\xA9", "utf8", "caf\xC3\xA9", ""},
      {"caf\xE9", "iso-8859-1", "caf\xC3\xA9", ""},
      {"\x80 \x93", "ISO-8859-1", "\xE2\x82\xAC \xE2\x80\x9C", ""},  // windows-1252 in disguise
      {"caf\xE9", "", "caf\xC3\xA9", ""},
      {"caf\xE9", "us-ascii", "caf\xC3\xA9", "bad_charset_octets"},
      {"caf\xC3\xA9", "us-ascii", "caf\xC3\xA9", "bad_charset_octets"},
      {"\xFF ok", "utf-8", "\xEF\xBF\xBD ok", "bad_charset_octets"},
      {"\xEF\xF0\xE8", "koi8-r", "\xD0\x9E\xD0\x9F\xD0\xA5", ""},
      {"\xE3\xE4", "windows-1251", "\xD0\xB3\xD0\xB4", ""},
      {"\xC4\xE3", "GB2312", "\xE4\xBD\xA0", ""},
      {"\xA7\x41", "big5", "\xE4\xBD\xA0", ""},
      {"\x82\xB1", "Shift_JIS", "\xE3\x81\x93", ""},
      {"\x1B$B$3\x1B(B", "iso-2022-jp", "\xE3\x81\x93", ""},
      {"\xB0\xA1", "ks_c_5601-1987", "\xEA\xB0\x80", ""},
      {"\xFD", "iso-8859-9", "\xC4\xB1", ""},
      {"\x00h\x00i"sv, "utf-16be", "hi", ""},
      {"a+AOk-", "utf-7", "a\xC3\xA9", ""},
      {"caf\xE9", "no-such-charset", "caf\xC3\xA9", "unknown_charset"},
      {"caf\xC3\xA9", "../../etc/x", "caf\xC3\xA9", "unknown_charset"},
  };
  for (const Row& row : rows) {
    Arena arena;
    Defects defects;
    EXPECT_EQ(to_utf8(row.octets, row.charset, no_limit, arena, defects), row.text) << row.charset;
    EXPECT_EQ(to_string(defects), row.defects) << row.charset;
  }
}

TEST(ToUtf8, LimitCutsBetweenCharacters) {
  for (const char* charset : {"iso-8859-1", "koi8-r"}) {
    Arena arena;
    Defects defects;
    const auto text = to_utf8("a\xE9\xE9\xE9", charset, 4, arena, defects);
    EXPECT_EQ(text.size(), 3u) << charset;
    EXPECT_TRUE(is_utf8(text)) << charset;
    EXPECT_EQ(to_string(defects), "truncated") << charset;
  }
}

TEST(ToUtf8, ManyCharsetsInTurnStayRight) {
  // More than any cache of converters would keep.
  for (int round = 0; round < 3; ++round) {
    for (int i = 2; i <= 16; ++i) {
      if (i == 12) continue;  // there is no ISO-8859-12
      Arena arena;
      Defects defects;
      const std::string charset = "iso-8859-" + std::to_string(i);
      EXPECT_EQ(to_utf8("A\xA0z", charset, no_limit, arena, defects), "A\xC2\xA0z") << charset;
    }
  }
}

TEST(Utf8, PrefixEndsAtTheFirstInvalidOctet) {
  struct {
    std::string_view text;
    std::size_t valid;
  } constexpr rows[] = {
      {"", 0},
      {"12345678\xC3\xA9", 10},
      {"a\x80", 1},
      {"a\xC0\x80", 1},          // overlong
      {"a\xE0\x80\x80", 1},      // overlong
      {"a\xED\xA0\x80", 1},      // surrogate
      {"a\xF4\x90\x80\x80", 1},  // beyond U+10FFFF
      {"a\xF4\x8F\xBF\xBF", 5},
      {"a\xE2\x82", 1},  // cut off
  };
  for (const auto& row : rows) EXPECT_EQ(utf8_prefix(row.text), row.valid) << row.text;
}

TEST(Utf8, RepairPutsOneMarkPerBrokenSequence) {
  Arena arena;
  EXPECT_EQ(repaired_utf8("a\xE2\x82z\xC0\x80", arena), "a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Utf8, ClipAndCutKeepCharactersWhole) {
  EXPECT_EQ(utf8_clipped("a\xC3\xA9", 2), "a");
  EXPECT_EQ(utf8_clipped("a\xC3\xA9", 3), "a\xC3\xA9");
  EXPECT_EQ(without_cut_character("a\xE2\x82"), "a");
  EXPECT_EQ(without_cut_character("a\xC3\xA9"), "a\xC3\xA9");
  EXPECT_EQ(without_cut_character("a\xFF"), "a\xFF");
}

TEST(LfForm, MakesCrlfLfAndKeepsOtherCr) {
  struct {
    const char* message;
    const char* text;
    const char* defects;
  } constexpr rows[] = {
      {"a\nb", "a\nb", ""},        {"a\r\nb\r\n", "a\nb\n", ""}, {"a\r\r\nb", "a\nb", "bare_cr"},
      {"a\rb", "a\rb", "bare_cr"}, {"a\r", "a\r", "bare_cr"},    {"\r\n\r\n", "\n\n", ""},
  };
  for (const auto& row : rows) {
    Arena arena;
    Defects defects;
    EXPECT_EQ(lf_form(row.message, 100, arena, defects).text, row.text);
    EXPECT_EQ(to_string(defects), row.defects) << row.text;
  }
}

TEST(LfForm, LimitCountsLfForm) {
  Arena arena;
  Defects defects;
  const LfForm cut = lf_form("a\r\nb\r\n", 3, arena, defects);
  EXPECT_EQ(cut.text, "a\nb");
  EXPECT_TRUE(cut.cut);
  EXPECT_FALSE(lf_form("a\r\nb\r\n", 4, arena, defects).cut);
}

}  // namespace
}  // namespace postern
