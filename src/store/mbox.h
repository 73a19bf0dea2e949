// Mbox: many messages in one file, shared with delivery agents and other mail readers.
//
// Opening and removing hold both locks of mbox_lock.h, no longer than it takes to read or write.
// Reading a message where it was seen last needs none, because its digest proves it whole.
// Messages are recognised by a digest (mbox_format.h), so it does not matter that others append,
// remove or mark messages between opening, reading and removing.
//
// UIDs are invented, because the format has none: `NUMBER.DIGEST`, the number in hexadecimal from
// MessageIndex::reserve_numbers and never given twice, the digest cut to 16 digits. The index
// holds them under the key `NUMBER.FULL-DIGEST`; of identical messages the first in the file has
// the oldest number.
//
// Opening reads the whole file into memory for a moment, and so does removing; what stays is about
// 200 octets a message.
//
// Thread rule: one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/mailbox.h"
#include "store/mbox_format.h"
#include "store/mbox_lock.h"

namespace postern {

class Mbox final : public Mailbox {
 public:
  static constexpr std::chrono::milliseconds default_patience{10'000};

  // Finishes first what a crash interrupted. Errc::bad_data when the file does not begin with a
  // separator, Errc::busy when the locks are not free within `patience` (as in read and remove).
  // `index` must outlive the Mbox.
  static Result<std::unique_ptr<Mbox>> open(const std::string& path, MessageIndex& index,
                                            std::chrono::milliseconds patience = default_patience);

  std::span<const Entry> entries() const override { return entries_; }
  // Without the quoting of From lines, that is, as it was delivered.
  Result<Blob> read(std::size_t index) override;
  Result<void> remove(std::span<const std::size_t> indexes) override;

 private:
  struct Message {
    std::string key;
    std::string digest;
    MboxSpan span;  // where it was seen last
    bool removed = false;
  };
  // The messages of the file as it is now.
  struct Contents {
    std::string bytes;
    std::vector<MboxSpan> spans;
    std::vector<std::string> digests;  // of the spans
  };

  Mbox(std::string path, MessageIndex& index, std::chrono::milliseconds patience)
      : path_(std::move(path)), index_(index), patience_(patience) {}

  Result<MboxLock> lock(MboxLock::Purpose purpose) const;
  Result<Contents> load(const MboxLock& lock) const;
  Result<void> enter(const Contents& contents);
  // The message where it was seen last; nullopt when something else is there now.
  std::optional<Blob> read_in_place(const Message& message) const;
  Result<void> take_out(std::span<const std::size_t> indexes);
  std::vector<MboxSpan> spans_to_remove(const Contents& contents,
                                        std::span<const std::size_t> indexes) const;

  const std::string path_;
  MessageIndex& index_;
  const std::chrono::milliseconds patience_;
  std::vector<Entry> entries_;
  std::vector<Message> messages_;  // of the entries
};

}  // namespace postern
