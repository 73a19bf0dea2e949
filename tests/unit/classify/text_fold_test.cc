#include "classify/text_fold.h"

#include <gtest/gtest.h>

#include <array>

#include "classify/look_alikes.h"
#include "mail/unicode.h"
#include "mail/utf8.h"

namespace postern {
namespace {

std::string folded(std::string_view text, LetterCase letter_case = LetterCase::lower,
                   std::size_t limit = 10'000) {
  std::string out;
  fold_text(text, limit, letter_case, out);
  return out;
}

std::string utf8(char32_t code_point) {
  std::string text;
  append_utf8(code_point, text);
  return text;
}

TEST(FoldText, Tricks) {
  struct Row {
    const char* trick;
    std::string_view text;
    std::string_view plain;
  };
  constexpr Row rows[] = {
      {"capitals", "PRIZE", "prize"},
      {"long capitals", "CLAIM YOUR PRIZE BEFORE @[`{ MIDNIGHT",
       "claim your prize before @[`{ midnight"},
      {"zero width space", "pri\u200Bze", "prize"},
      {"zero width joiner", "pri\u200Dze", "prize"},
      {"soft hyphen", "pri\u00ADze", "prize"},
      {"word joiner", "pri\u2060ze", "prize"},
      {"byte order mark", "pri\uFEFFze", "prize"},
      {"right-to-left override", "pri\u202Eze", "prize"},
      {"combining grapheme joiner", "pri\u034Fze", "prize"},
      {"variation selector", "pri\uFE0Fze", "prize"},
      {"hangul filler", "pri\u3164ze", "prize"},
      {"tag letters", "pri\U000E0041ze", "prize"},
      {"mongolian vowel separator", "pri\u180Eze", "prize"},
      {"wide", "ＰＲＩＺＥ", "prize"},
      {"mathematical bold", "𝐩𝐫𝐢𝐳𝐞", "prize"},
      {"mathematical script", "𝒫𝓇𝒾𝓏ℯ", "prize"},
      {"double-struck", "ℙ𝕣𝕚𝕫𝕖", "prize"},
      {"monospaced", "𝚙𝚛𝚒𝚣𝚎", "prize"},
      {"circled", "ⓟⓡⓘⓩⓔ", "prize"},
      {"squared", "🄿🅁🄸🅉🄴", "prize"},
      {"black circles", "🅟🅡🅘🅩🅔", "prize"},
      {"black squares", "🅿🆁🅸🆉🅴", "prize"},
      {"superscript", "ᵖʳⁱᶻᵉ", "prize"},
      {"ligature", "ﬁnance", "finance"},
      {"roman numeral", "Ⅷ", "viii"},
      {"no-break space", "a\u00A0b", "a b"},
      {"spaces of every width", "a\u2003b\u3000c\u202Fd", "a b c d"},
      {"quotation marks", "\u2018a\u2019 \u201Cb\u201D \u00ABc\u00BB", "'a' \"b\" \"c\""},
      {"composed by marks", "pri\u0301ze CAFE\u0301", "pr\u00EDze caf\u00E9"},
      {"half-width kana", "ﾌﾟﾚｾﾞﾝﾄ", "プレゼント"},
      {"sharp s", "GROẞE Große", "grosse grosse"},
      {"Cyrillic capitals", "ПРИЗ", "приз"},
      {"Greek capitals", "ΔΩΡΟΝ", "δωρον"},
      {"Polish capitals", "ŻÓŁĆ", "żółć"},
      {"Vietnamese capitals", "TIẾNG VIỆT", "tiếng việt"},
      {"Arabic presentation forms", "ﺳﻼﻡ", "سلام"},
      {"ideographs", "中文信息", "中文信息"},
      {"no UTF-8", "A\xFF\xC3Z\x80\xE2\x82", "a\xFF\xC3z\x80\xE2\x82"},
      {"nothing", "", ""},
  };
  for (const Row& row : rows) EXPECT_EQ(folded(row.text), row.plain) << row.trick;
}

TEST(FoldText, CaseIsKeptWhereAskedFor) {
  EXPECT_EQ(folded("Win ÄÖ ＷＩＮ ПРИЗ \u00ADŁ", LetterCase::keep), "Win ÄÖ WIN ПРИЗ Ł");
}

TEST(FoldText, CountsTheInvisibleButNotWhatEmojiAreMadeWith) {
  std::string out;
  EXPECT_EQ(fold_text("a\u200Bb\u00AD\u2060", 100, LetterCase::lower, out), 3u);
  EXPECT_EQ(fold_text("\u2764\uFE0F \U0001F469\u200D\U0001F4BB", 100, LetterCase::lower, out), 0u);
}

TEST(FoldText, NeverExceedsItsLimitNorCutsACharacter) {
  for (const std::string_view text : {"plain text of some length", "größe größe",
                                      "中文信息中文信息", "𝐩𝐫𝐢𝐳𝐞𝐩𝐫𝐢𝐳𝐞", "\uFDFA\uFDFA"}) {
    const std::string whole = folded(text);
    for (std::size_t limit = 0; limit <= whole.size() + 2; ++limit) {
      const std::string cut = folded(text, LetterCase::lower, limit);
      EXPECT_EQ(cut, utf8_clipped(whole, limit)) << text << " " << limit;
    }
  }
}

// The fast path must say what ICU says, for every character alone and before a mark.
TEST(FoldText, AgreesWithIcuOnEveryCharacter) {
  std::array<char, 400> buffer;
  for (char32_t code = 0x80; code < 0x110000; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    for (const std::string& text : {utf8(code), utf8(code) + "\u0301"}) {
      for (const LetterCase letter_case : {LetterCase::lower, LetterCase::keep}) {
        const bool lower = letter_case == LetterCase::lower;
        const std::string ours = folded(text, letter_case);
        // ICU on what we made of it says whether anything was left to do.
        const auto size = normalise(ours, lower ? CaseFolding::fold : CaseFolding::keep, buffer);
        ASSERT_TRUE(size);
        const std::string_view again(buffer.data(), *size);
        ASSERT_EQ(ours, again) << std::hex << static_cast<std::uint32_t>(code);
      }
    }
  }
}

TEST(FoldLookAlikes, WordsOfMixedScripts) {
  struct Row {
    std::string_view word;
    const char* looks;  // null: no disguise
  };
  constexpr Row rows[] = {
      {"pаypаl", "paypal"},              // Cyrillic a
      {"аmаzon", "amazon"},              // Cyrillic
      {"gοοgle", "google"},              // Greek omicron
      {"miсrоsоft", "microsoft"},        // Cyrillic
      {"вank", "bank"},                  // folded Cyrillic capital
      {"\u0570otel", "hotel"},           // Armenian
      {"\uAB83allet", "wallet"},         // Cherokee, folded
      {"\u2CA3rize", "prize"},           // Coptic
      {"v\u0332i\u0332agra", "viagra"},  // marks that compose with nothing
      {"paypal", nullptr},
      {"größe", nullptr},
      {"kızı", nullptr},  // Turkish
      {"привет", nullptr},
      {"нос", nullptr},  // all of it looks Latin, and is Russian
      {"сор2х", nullptr},
      {"it-специалист", nullptr},
      {"αβγ", nullptr},
      {"中文abc", nullptr},
      {"", nullptr},
      {"a\xD0", nullptr},
  };
  std::string out;
  for (const Row& row : rows) {
    EXPECT_EQ(fold_look_alikes(row.word, out), row.looks != nullptr) << row.word;
    if (row.looks != nullptr) {
      EXPECT_EQ(out, row.looks) << row.word;
    }
  }
}

TEST(FoldLookAlikes, UndisguisesWordByWord) {
  std::string text = "your pаypаl, größe привет аmаzon!";
  std::string scratch;
  EXPECT_EQ(undisguise(text, scratch), 2u);
  EXPECT_EQ(text, "your paypal, größe привет amazon!");
}

TEST(FoldLookAlikes, TableIsOfLettersOnly) {
  EXPECT_EQ(look_alike(U'a'), 0);
  EXPECT_EQ(look_alike(0x430), 'a');
  EXPECT_EQ(look_alike(0x10FFFF), 0);
  EXPECT_EQ(look_alike(0xFFFFFFFF), 0);
}

TEST(FoldDigits, BetweenLettersOnly) {
  struct Row {
    std::string_view word;
    const char* looks;
  };
  constexpr Row rows[] = {
      {"pr0fit", "profit"}, {"cl1ck", "click"},   {"g00gle", "google"}, {"paypa1", "paypal"},
      {"wa11et", "wallet"}, {"v1agra", "viagra"}, {"sa1e", "sale"},     {"10am", nullptr},
      {"h1", nullptr},      {"a0b1", nullptr},    {"v1agra2", nullptr}, {"word", nullptr},
      {"1010", nullptr},    {"", nullptr},
  };
  std::string out;
  for (const Row& row : rows) {
    EXPECT_EQ(fold_digits(row.word, out), row.looks != nullptr) << row.word;
    if (row.looks != nullptr) {
      EXPECT_EQ(out, row.looks) << row.word;
    }
  }
}

}  // namespace
}  // namespace postern
