// Mailbox: a place where messages are kept, as POP3 sees it: a numbered list that does not change
// while it is open.
//
// Thread rule: one thread at a time. Blocking; call it on a worker.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/blob.h"
#include "base/entry.h"
#include "base/result.h"

namespace postern {

class Mailbox {
 public:
  virtual ~Mailbox() = default;

  // The messages at the time of opening, in the order of arrival; sizes without label. Valid while
  // the Mailbox lives.
  virtual std::span<const Entry> entries() const = 0;

  // From now on sizes count so many octets more: what the caller puts on top of each message.
  // False where the mailbox leaves that to the caller.
  virtual bool count_on_top(std::uint64_t octets) {
    (void)octets;
    return false;
  }

  // The message as stored. Errc::no_input when somebody else removed it meanwhile.
  virtual Result<Blob> read(std::size_t index) = 0;

  // Removes the messages for good. All that can be removed are; the error names what could not.
  // A message that is gone already counts as removed.
  virtual Result<void> remove(std::span<const std::size_t> indexes) = 0;
};

// What a Mailbox remembers between sessions: sizes that are dear to compute, and the UIDs of
// formats that have none. `key` identifies the message within the mailbox for the format.
struct IndexedMessage {
  std::string key;
  std::string uid;
  std::uint64_t size = 0;         // CRLF-normalised
  std::uint64_t stored_size = 0;  // octets as stored, to notice that a file is another one
};

// Where IndexedMessages are kept (state implements it on SQLite; tests in memory).
class MessageIndex {
 public:
  virtual ~MessageIndex() = default;
  // All that is known of this mailbox, in the order in which it was last replaced.
  virtual Result<std::vector<IndexedMessage>> load() = 0;
  // Adds new ones and forgets others, in one durable step.
  virtual Result<void> update(std::span<const IndexedMessage> added,
                              std::span<const std::string> forgotten_keys) = 0;
  // The next of an endless row of numbers, durable, for formats that must invent UIDs.
  virtual Result<std::uint64_t> reserve_numbers(std::uint64_t count) = 0;
};

// For a mailbox that is not there, or is a folder with nothing in it: Errc::unavailable when there
// were messages in it and `folder`, where it should be, is empty: rather its disk is not mounted.
// Clients that are told of an empty mailbox forget what they have fetched, and fetch all of it
// anew.
Result<void> check_is_mounted(const std::string& folder, const std::string& path,
                              MessageIndex& index);

}  // namespace postern
