// Compression of what the lesson log keeps, by zstd (RFC 8878).
//
// Thread rule: free functions, safe from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postern {

// One zstd frame that names its own content size and carries a checksum.
std::string compress(std::string_view bytes);

// The bytes of a frame made by compress(). Errc::bad_data when it is damaged, or when it would
// yield more than `limit` octets, which is known before anything is allocated.
Result<std::string> decompress(std::string_view frame, std::size_t limit);

}  // namespace postern
