// MailboxIndex: what a Mailbox remembers between sessions, kept in the StateStore.
#pragma once

#include <string>

#include "state/state_store.h"
#include "store/mailbox.h"

namespace postern {

class MailboxIndex final : public MessageIndex {
 public:
  // `mailbox` names it in the store; the store must outlive the index.
  MailboxIndex(StateStore& store, std::string mailbox)
      : store_(store), mailbox_(std::move(mailbox)) {}

  Result<std::vector<IndexedMessage>> load() override;
  Result<void> update(std::span<const IndexedMessage> added,
                      std::span<const std::string> forgotten_keys) override;
  Result<std::uint64_t> reserve_numbers(std::uint64_t count) override;

 private:
  StateStore& store_;
  const std::string mailbox_;
};

}  // namespace postern
