#include "mail/unicode.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include <cstdint>

namespace postern {

std::optional<std::size_t> normalise(std::string_view text, CaseFolding folding,
                                     std::span<char> out) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* const form = folding == CaseFolding::fold
                                           ? icu::Normalizer2::getNFKCCasefoldInstance(status)
                                           : icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status)) return std::nullopt;
  icu::CheckedArrayByteSink sink(out.data(), static_cast<std::int32_t>(out.size()));
  const icu::StringPiece source(text.data(), static_cast<std::int32_t>(text.size()));
  form->normalizeUTF8(0, source, sink, nullptr, status);
  if (U_FAILURE(status) || sink.Overflowed()) return std::nullopt;
  return static_cast<std::size_t>(sink.NumberOfBytesWritten());
}

}  // namespace postern
