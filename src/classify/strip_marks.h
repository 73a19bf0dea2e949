// Stripping: a message without the header fields that mark a class or a mailbox.
//
// For measuring. The tokenizer never makes features of such fields (header_hygiene.h), but rules
// and other filters that are measured beside Postern read them; a label that some filter once wrote
// would give the answer away. Stripped is stripped for everybody.
#pragma once

#include "base/blob.h"

namespace postern {

// The message without a From_ line on top, without the fields of is_path_field(), and without
// list tags ("[tag]") in its Subject. All other octets stay as they are. Linear time.
Blob strip_marks(const Blob& message);

}  // namespace postern
