#include "server/spool_mailbox.h"

namespace postern {

Result<std::unique_ptr<SpoolMailbox>> SpoolMailbox::open(Setting setting) {
  const auto messages = setting.store.load_spool(setting.account, shown_states);
  if (!messages) return messages.error();
  std::unique_ptr<SpoolMailbox> mailbox(new SpoolMailbox(std::move(setting)));
  mailbox->entries_.reserve(messages->size());
  mailbox->files_.reserve(messages->size());
  for (const SpooledMessage& one : *messages) {
    mailbox->entries_.push_back({one.uid, one.size});
    mailbox->files_.push_back({SpoolFolder::name_of(one.uid, one.digest), one.stored_size});
  }
  return mailbox;
}

Result<Blob> SpoolMailbox::read(std::size_t index) {
  return folder_.read(files_[index].name, files_[index].size);
}

Result<void> SpoolMailbox::remove(std::span<const std::size_t> indexes) {
  std::vector<SpoolChange> changes;
  changes.reserve(indexes.size());
  const UnixSeconds now = setting_.clock();
  for (const std::size_t index : indexes) {
    changes.push_back(
        {std::string(entries_[index].uid), shown_states, SpoolState::deleted, now, {}});
  }
  const auto noted = setting_.store.change_spool(setting_.account, changes);
  if (!noted) return noted.error();
  if (*noted > 0 && setting_.on_removed) setting_.on_removed();
  return {};
}

}  // namespace postern
