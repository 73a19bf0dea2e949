#include "mail/saslprep.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace postern {
namespace {

// Longer ones are none that a person types.
constexpr std::size_t text_limit = 4096;

using Profile = std::unique_ptr<UStringPrepProfile, void (*)(UStringPrepProfile*)>;

// Read-only once opened, so one serves all threads.
const UStringPrepProfile* profile() {
  static const Profile opened = [] {
    UErrorCode status = U_ZERO_ERROR;
    return Profile(usprep_openByType(USPREP_RFC4013_SASLPREP, &status), usprep_close);
  }();
  return opened.get();
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::string saslprep(std::string_view text) {
  const std::string same(text);
  if (is_printable_ascii(text) || text.size() > text_limit || profile() == nullptr) return same;
  UErrorCode status = U_ZERO_ERROR;
  std::vector<UChar> wide(text.size() + 1);
  std::int32_t wide_size = 0;
  u_strFromUTF8(wide.data(), static_cast<std::int32_t>(wide.size()), &wide_size, text.data(),
                static_cast<std::int32_t>(text.size()), &status);
  if (U_FAILURE(status)) return same;
  // NFKC makes at most 18 code units of one.
  std::vector<UChar> prepared(static_cast<std::size_t>(wide_size) * 18 + 1);
  UParseError where{};
  const std::int32_t size = usprep_prepare(profile(), wide.data(), wide_size, prepared.data(),
                                           static_cast<std::int32_t>(prepared.size()),
                                           USPREP_ALLOW_UNASSIGNED, &where, &status);
  if (U_FAILURE(status) || size == 0) return same;
  std::string narrow(static_cast<std::size_t>(size) * 3, '\0');
  std::int32_t narrow_size = 0;
  u_strToUTF8(narrow.data(), static_cast<std::int32_t>(narrow.size()), &narrow_size,
              prepared.data(), size, &status);
  if (U_FAILURE(status)) return same;
  narrow.resize(static_cast<std::size_t>(narrow_size));
  return narrow;
}

}  // namespace postern
