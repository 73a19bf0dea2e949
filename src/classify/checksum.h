// The checksum of model files: 64 bits, at memory speed, against damage and not against attackers.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

// Fixed for ever, as files depend on it: see MODEL_FORMAT.md.
std::uint64_t model_checksum(std::string_view bytes);

}  // namespace postern
