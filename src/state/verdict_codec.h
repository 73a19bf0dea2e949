// A Verdict as bytes: src/state/VERDICT_FORMAT.md.
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "filter/verdict.h"

namespace postern {

std::string encode_verdict(const Verdict& verdict);

// Errc::bad_data when the bytes are damaged or of another version.
Result<Verdict> decode_verdict(std::string_view bytes);

}  // namespace postern
