// Dates of header fields: RFC 5322 section 3.3 with the obsolete forms of section 4.3.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace postern {

// QUIRKs: the day of the week may be missing, wrong or in any language; the order "Nov 23" and
// dashes ("23-Nov-26") are understood; seconds and zone may be missing (UTC); two-digit years are
// those of RFC 5322 section 4.3; comments are skipped. nullopt for days that no calendar has.
std::optional<UnixSeconds> parse_date(std::string_view value);

}  // namespace postern
