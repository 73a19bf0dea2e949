// Taking messages out of an mbox in place, so that a crash at any octet loses nothing: see
// MBOX_JOURNAL.md.
//
// Thread rule: all calls are made while holding the MboxLock of the file for writing.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/mbox_format.h"

namespace postern {

// A change of the file from `first` on.
struct MboxRewrite {
  std::uint64_t first = 0;     // offset of the first octet that changes
  std::uint64_t old_size = 0;  // of the whole file
  std::string tail;       // what the file holds from `first` on afterwards; shorter than before
  std::string rest_hash;  // see MBOX_JOURNAL.md
};

// The rewrite that takes `removed` (in the order of the file, at least one) out of `bytes`.
MboxRewrite rewrite_without(std::string_view bytes, std::span<const MboxSpan> removed);

// The journal of a rewrite, and back; Errc::bad_data when it is damaged.
std::string encode_journal(const MboxRewrite& rewrite);
Result<MboxRewrite> decode_journal(std::string_view bytes);

// Where the journal of a mailbox is.
std::string journal_path(const std::string& mailbox);

// Does the rewrite, all five steps. `file` is the mailbox `path`, open for writing.
Result<void> perform_rewrite(int file, const std::string& path, const MboxRewrite& rewrite);

// Finishes what a crash interrupted, if there is a journal. Errc::configuration when somebody else
// than we or the owner of the mailbox wrote it.
Result<void> recover_mbox(int file, const std::string& path);

}  // namespace postern
