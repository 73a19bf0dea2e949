// Maildir: one file a message, in the folders new/ and cur/ (tmp/ holds unfinished deliveries).
//
// Delivered files are never changed and never moved by us. Others may change flags and move files
// from new/ to cur/ at any time: a message is found again by its base name.
//
// Sizes come from the index; for names that it does not know, from `,W=` in the name (checked
// against `,S=` and the last octet of the file), otherwise the file is read once. The index is
// trusted by name, because Maildir files are immutable: opening again costs no stat. Should a file
// be another one all the same, read() notices that its size is not the one that was shown, and
// puts the true one into the index, so that the next session shows it.
//
// Thread rule: one thread at a time. No lock is needed or taken.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/mailbox.h"

namespace postern {

class Maildir final : public Mailbox {
 public:
  // Errc::configuration when the folder holds other things and neither new/ nor cur/; an empty
  // one is a Maildir to be. Any message that cannot be read is an error that names the file, since
  // leaving it out would hide mail. `index` must outlive the Maildir.
  static Result<std::unique_ptr<Maildir>> open(const std::string& path, MessageIndex& index);

  std::span<const Entry> entries() const override { return entries_; }
  Result<Blob> read(std::size_t index) override;
  Result<void> remove(std::span<const std::size_t> indexes) override;

 private:
  enum Folder : std::uint8_t { in_new, in_cur };
  // Where a message was seen last; the name is empty once it is gone.
  struct Place {
    Folder folder = in_new;
    std::string name;
  };
  using Listing = std::unordered_map<std::string, Place>;  // by base name
  // When the folders were last changed, in nanoseconds. A listing made when they had been at rest
  // for a while is complete for as long as these stay.
  struct Snapshot {
    std::array<std::int64_t, 2> changed{};
    bool at_rest = false;
  };

  Maildir(const std::string& path, MessageIndex& index);

  std::string file_path(const Place& place) const;
  Snapshot look() const;
  Result<Listing> list();
  Result<void> list_folder(Folder folder, Listing& found) const;
  Result<void> load();
  Result<std::vector<IndexedMessage>> enter(Listing& found, std::vector<IndexedMessage> known);
  // Size and stored size of a message that the index does not know; nullopt when it was removed.
  Result<std::optional<IndexedMessage>> measure(const std::string& base, Place& place);
  Result<void> find_again();

  const std::array<std::string, 2> folders_;  // paths, by Folder
  MessageIndex& index_;
  Snapshot snapshot_;  // of the last listing
  std::vector<Entry> entries_;
  std::vector<std::string> keys_;  // base names of the entries
  std::vector<Place> places_;      // of the entries
};

}  // namespace postern
