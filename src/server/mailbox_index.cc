#include "server/mailbox_index.h"

namespace postern {

Result<std::vector<IndexedMessage>> MailboxIndex::load() {
  auto rows = store_.load_index(mailbox_);
  if (!rows) return rows.error();
  std::vector<IndexedMessage> messages;
  messages.reserve(rows->size());
  for (StateStore::IndexRow& row : *rows) {
    messages.push_back({std::move(row.key), std::move(row.uid), row.size, row.stored_size});
  }
  return messages;
}

Result<void> MailboxIndex::update(std::span<const IndexedMessage> added,
                                  std::span<const std::string> forgotten_keys) {
  std::vector<StateStore::IndexRow> rows;
  rows.reserve(added.size());
  for (const IndexedMessage& message : added) {
    rows.push_back({message.key, message.uid, message.size, message.stored_size});
  }
  return store_.update_index(mailbox_, rows, forgotten_keys);
}

Result<std::uint64_t> MailboxIndex::reserve_numbers(std::uint64_t count) {
  return store_.reserve_numbers(mailbox_, count);
}

}  // namespace postern
