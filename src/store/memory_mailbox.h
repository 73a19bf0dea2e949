// Mailboxes in memory: a maildrop to deliver into, sessions on it, and an index that forgets.
// For tests, and for tools that read a mailbox once.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "store/mailbox.h"

namespace postern {

// Thread rule: safe from any thread. The Mailboxes that it opens share its messages and may
// outlive it.
class MemoryMaildrop {
 public:
  // Adds a message with a UID of its own; gives the UID.
  std::string deliver(std::string_view stored);
  // What another client would do. Unknown UIDs are ignored.
  void remove(std::string_view uid);
  std::unique_ptr<Mailbox> open() const;

 private:
  class Session;
  struct Message {
    std::string uid;
    Blob stored;
  };
  struct State {
    std::mutex mutex;
    std::deque<Message> messages;
    std::uint64_t next_number = 1;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// A MessageIndex that lasts as long as the object. Thread rule: one thread at a time.
class MemoryIndex final : public MessageIndex {
 public:
  Result<std::vector<IndexedMessage>> load() override { return rows_; }
  Result<void> update(std::span<const IndexedMessage> added,
                      std::span<const std::string> forgotten_keys) override;
  Result<std::uint64_t> reserve_numbers(std::uint64_t count) override;

 private:
  std::vector<IndexedMessage> rows_;
  std::uint64_t next_number_ = 1;
};

}  // namespace postern
