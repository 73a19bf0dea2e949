// Usual text: what nearly every message holds, so that looking for it rules nothing out.
#pragma once

#include <string_view>

namespace postern {

// The fields, the markup and a sentence of a message like most, in lower case.
std::string_view usual_text();

}  // namespace postern
