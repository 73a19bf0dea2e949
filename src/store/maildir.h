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
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
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
  bool count_on_top(std::uint64_t octets) override;
  Result<Blob> read(std::size_t index) override;
  Result<void> remove(std::span<const std::size_t> indexes) override;

 private:
  enum Folder : std::uint8_t { in_new, in_cur };
  // Where a message was seen last, and what follows its base name there (flags); of these there are
  // few, so that messages share them. Null once it is gone.
  using Place = const std::pair<Folder, std::string>*;
  using Listing = std::unordered_map<std::string, Place>;  // by base name
  // When the folders were last changed, in nanoseconds. A listing made when they had been at rest
  // for a while is complete for as long as these stay.
  struct Snapshot {
    std::array<std::int64_t, 2> changed{};
    bool at_rest = false;
  };

  Maildir(const std::string& path, MessageIndex& index);

  std::string file_path(std::string_view base, Place place) const;
  std::string_view base_name(std::size_t index) const;
  Snapshot look() const;
  Result<Listing> list();
  Result<void> list_folder(Folder folder, Listing& found);
  Result<void> load();
  Result<std::vector<IndexedMessage>> enter(Listing& found, std::vector<IndexedMessage> known);
  // Size and stored size of a message that the index does not know; nullopt when it was removed.
  Result<std::optional<IndexedMessage>> measure(const std::string& base, Place& place);
  Result<void> find_again();

  const std::array<std::string, 2> folders_;  // paths, by Folder
  MessageIndex& index_;
  Snapshot snapshot_;  // of the last listing
  std::vector<Entry> entries_;
  std::uint64_t on_top_ = 0;   // in the sizes of the entries, beside what is stored
  std::vector<Place> places_;  // of the entries
  std::set<std::pair<Folder, std::string>> known_places_;
  std::unordered_map<std::size_t, std::string> odd_names_;  // base names that are not the UID
};

}  // namespace postern
