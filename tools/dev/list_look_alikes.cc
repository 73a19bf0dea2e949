// list_look_alikes: prints the table of src/classify/look_alikes.cc from ICU's data.
//
// A letter or digit beyond ASCII is listed when its skeleton by Unicode Technical Standard 39 is
// one Latin letter and compatibility normalisation leaves it alone (what it does not leave alone,
// such as mathematical letters, is folded before). The lower case of a listed letter is listed
// too, because case is folded first. Not built by default:
//     c++ -std=c++20 tools/dev/list_look_alikes.cc -licui18n -licuuc -o list_look_alikes
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uspoof.h>

#include <cstdio>
#include <map>
#include <string>

namespace {

// The Latin letter that a skeleton shows, or 0. Skeletons write l for I and rn for m.
char shown_letter(const icu::UnicodeString& skeleton, UChar32 code) {
  if (skeleton == icu::UnicodeString(u"rn")) return 'm';
  if (skeleton.length() != 1) return 0;
  const UChar32 letter = u_tolower(skeleton[0]);
  if (letter < 'a' || letter > 'z') return 0;
  return letter == 'l' && u_isupper(code) ? 'i' : static_cast<char>(letter);
}

}  // namespace

int main() {
  UErrorCode status = U_ZERO_ERROR;
  USpoofChecker* const checker = uspoof_open(&status);
  const icu::Normalizer2* const form = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return 70;
  std::map<UChar32, char> table;
  constexpr UChar32 dotless_i = 0x131;  // every second Turkish word has it
  for (UChar32 code = 0x80; code < 0x110000; ++code) {
    const bool letter = (U_GET_GC_MASK(code) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
    if (!letter || code == dotless_i || u_hasBinaryProperty(code, UCHAR_UNIFIED_IDEOGRAPH))
      continue;
    const icu::UnicodeString text(code);
    if (!form->isNormalized(text, status)) continue;
    icu::UnicodeString skeleton;
    uspoof_getSkeletonUnicodeString(checker, 0, text, skeleton, &status);
    if (const char shown = shown_letter(skeleton, code)) table[code] = shown;
  }
  const std::map<UChar32, char> direct = table;
  for (const auto& [code, shown] : direct) table.emplace(u_tolower(code), shown);
  uspoof_close(checker);

  int column = 0;
  for (const auto& [code, shown] : table) {
    const std::string separator = column == 0 ? "    " : " ";
    column = (column + 1) % 6;
    std::printf("%s{0x%04X, '%c'},%s", separator.c_str(), static_cast<unsigned>(code), shown,
                column == 0 ? "\n" : "");
  }
  std::printf("\n");
  return U_SUCCESS(status) ? 0 : 70;
}
