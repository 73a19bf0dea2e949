#include "store/memory_mailbox.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/octets.h"

namespace postern {

class MemoryMaildrop::Session final : public Mailbox {
 public:
  explicit Session(std::shared_ptr<State> state) : state_(std::move(state)) {
    const std::lock_guard lock(state_->mutex);
    for (const Message& message : state_->messages) {
      entries_.push_back({message.uid, wire_size(message.stored.view())});
    }
  }

  std::span<const Entry> entries() const override { return entries_; }

  Result<Blob> read(std::size_t index) override {
    const std::lock_guard lock(state_->mutex);
    for (const Message& message : state_->messages) {
      if (message.uid == entries_[index].uid) return message.stored;
    }
    return Error(Errc::no_input, "message " + entries_[index].uid + " was removed meanwhile");
  }

  Result<void> remove(std::span<const std::size_t> indexes) override {
    std::unordered_set<std::string_view> uids;
    for (const std::size_t index : indexes) uids.insert(entries_[index].uid);
    const std::lock_guard lock(state_->mutex);
    std::erase_if(state_->messages, [&](const Message& one) { return uids.contains(one.uid); });
    return {};
  }

 private:
  std::shared_ptr<State> state_;
  std::vector<Entry> entries_;
};

std::string MemoryMaildrop::deliver(std::string_view stored) {
  const std::lock_guard lock(state_->mutex);
  std::string uid = "memory." + std::to_string(state_->next_number++);
  state_->messages.push_back({uid, Blob::copy(stored)});
  return uid;
}

void MemoryMaildrop::remove(std::string_view uid) {
  const std::lock_guard lock(state_->mutex);
  std::erase_if(state_->messages, [&](const Message& one) { return one.uid == uid; });
}

std::unique_ptr<Mailbox> MemoryMaildrop::open() const { return std::make_unique<Session>(state_); }

Result<void> MemoryIndex::update(std::span<const IndexedMessage> added,
                                 std::span<const std::string> forgotten_keys) {
  std::unordered_set<std::string_view> leaving(forgotten_keys.begin(), forgotten_keys.end());
  for (const IndexedMessage& message : added) leaving.insert(message.key);
  std::erase_if(rows_, [&](const IndexedMessage& row) { return leaving.contains(row.key); });
  rows_.insert(rows_.end(), added.begin(), added.end());
  return {};
}

Result<std::uint64_t> MemoryIndex::reserve_numbers(std::uint64_t count) {
  return std::exchange(next_number_, next_number_ + count);
}

}  // namespace postern
