// Unicode normalisation, by ICU. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace postern {

enum class CaseFolding : bool { keep, fold };

// Writes the NFKC form of `text` (valid UTF-8) to `out`, for CaseFolding::fold its NFKC_Casefold
// form (Unicode 15, section 3.13), and gives how many octets that took; nullopt when `out` is too
// small. No octet becomes more than eleven.
std::optional<std::size_t> normalise(std::string_view text, CaseFolding folding,
                                     std::span<char> out);

}  // namespace postern
