// Condensing: the bounded part of a message that the tokenizer reads.
//
// This is what the log of lessons keeps, and by construction what every large message is judged
// by: tokenize() of a message and of its condensed form give exactly the same features.
#pragma once

#include <cstddef>

#include "base/blob.h"

namespace postern {

// Octets (with LF line ends) of a condensed message; shorter messages stay as they are.
inline constexpr std::size_t condensed_limit = 64 * 1024;

// The message itself when it is short enough; else a message with LF line ends, its header and the
// MIME structure kept, the body of each text part cut after 40 KiB and of every other part after
// 1 KiB, at a line end where there is one, and the whole after condensed_limit. Linear time.
// Idempotent. The LF and the CRLF form of a message give the same text.
Blob condense(const Blob& message);

}  // namespace postern
