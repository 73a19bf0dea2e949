// open_mailbox: the Mailbox at a path, whatever its format.
//
// Thread rule: safe from any thread; the Mailbox belongs to one at a time.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "store/mailbox.h"

namespace postern {

// A folder is a Maildir and a file is an mbox. Where nothing is yet, but the folder above exists,
// the mailbox is empty: most delivery agents make it with the first message. Where the folder
// above is missing too, the error is Errc::no_input, because a client that is shown an empty
// maildrop while the disk is not mounted would forget all that it has seen.
//
// `index` must outlive the Mailbox and belong to this path alone.
Result<std::unique_ptr<Mailbox>> open_mailbox(const std::string& path, MessageIndex& index);

}  // namespace postern
