// Labeler: puts our block of header fields on top of a message; everything else stays.
//
// The block has one constant width for every message and verdict, so that a message's size on
// the wire is known before it is judged. Incoming fields that bear our names are forged or stale:
// they are renamed at equal length (X-Spam-* to X-Orig-*, X-Postern-* to X-Foreign-*).
// Format: src/filter/LABELS.md.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/blob.h"
#include "base/octets.h"
#include "filter/verdict.h"

namespace postern {

class Labeler {
 public:
  // Octets of the block on the wire, CRLF included.
  static constexpr std::size_t width = 768;

  // `id` names the message in verdicts and lessons: 16 characters of [0-9a-z].
  // With `add_separator` a message without an empty line gets one where its header ends, for
  // clients that would take its text for header fields; it comes out of the block's padding, so
  // that the size is the same.
  static Octets apply(const Blob& message, const Verdict& verdict, std::string_view id,
                      bool add_separator = false);

  // The block alone, exactly `width` octets.
  static std::string block(const Verdict& verdict, std::string_view id);

  // The message without a block of ours on top and with renamed fields given back their names,
  // so that a labelled copy teaches the same as the original. Without a block: the message itself.
  static Blob strip(const Blob& message);
};

}  // namespace postern
