// SpoolMailbox: the mail of an account that was fetched ahead (state/stored_account.h), as a
// Mailbox: it is there whether or not the provider can be reached.
//
// Removing is a note in the store, durable when remove() returns; the provider is told afterwards,
// by whoever polls it. UIDs are the provider's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "state/state_store.h"
#include "store/mailbox.h"
#include "store/spool_folder.h"

namespace postern {

class SpoolMailbox final : public Mailbox {
 public:
  struct Setting {
    StateStore& store;  // must outlive the mailbox
    std::uint64_t account;
    std::string folder;
    Clock clock;
    std::function<void()> on_removed{};  // there is something to tell the provider
  };

  static Result<std::unique_ptr<SpoolMailbox>> open(Setting setting);

  std::span<const Entry> entries() const override { return entries_; }
  Result<Blob> read(std::size_t index) override;
  Result<void> remove(std::span<const std::size_t> indexes) override;

 private:
  struct File {
    std::string name;
    std::uint64_t size;
  };

  explicit SpoolMailbox(Setting setting) : setting_(std::move(setting)), folder_(setting_.folder) {}

  const Setting setting_;
  const SpoolFolder folder_;
  std::vector<Entry> entries_;
  std::vector<File> files_;  // of the entries
};

}  // namespace postern
