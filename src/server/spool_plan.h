// What a provider's listing means for what is spooled: pure decisions, so that each can be tested
// alone. Who carries them out is SpoolSync.
//
// UIDs are believed, content more: a message that turns up under another UID while the one that it
// had is no longer listed is the same message (providers renumber mailboxes), and clients go on
// seeing the UID that they know. A UID that turns up again with other content (providers that use
// UIDs again) is another message, and gets a UID of its own.
//
// Thread rule: one thread at a time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "state/stored_account.h"

namespace postern {

class SpoolPlan {
 public:
  // `listed` are the provider's UIDs, each once; `live` what the store has in live_states.
  SpoolPlan(std::span<const std::string> listed, std::span<const SpooledMessage> live);

  // Places in the listing whose message is not known under its UID.
  const std::vector<std::size_t>& unknown() const { return unknown_; }

  // Before the first settle(): all that was ever spooled.
  void remember(std::span<const SpooledMessage> all);

  // What becomes of a message that was fetched: a step of one that is known, or one that is new.
  // Either needs its file: for a step, where `needs_file` says so.
  struct Settled {
    std::optional<SpoolChange> change{};
    std::string uid;  // that clients see
    bool needs_file = true;
  };
  Settled settle(const std::string& there, const std::string& digest, UnixSeconds now);

  // What the listing shows of the messages that are known, once all that is unknown is settled.
  // With `all_settled` false some could not be fetched, and may be what seems to be missing; then
  // nothing that was deleted is taken for done.
  std::vector<SpoolChange> changes(UnixSeconds now, bool all_settled) const;

 private:
  bool is_taken(const std::string& uid) const { return taken_.contains(uid); }

  std::vector<std::size_t> unknown_;
  std::vector<SpooledMessage> back_;      // listed (again), and not `spooled`
  std::vector<SpooledMessage> unlisted_;  // live ones; without those that settle() found again
  std::unordered_map<std::string, std::vector<SpooledMessage>> done_;  // by UID there; final states
  std::unordered_set<std::string> taken_;                              // UIDs that clients saw
};

}  // namespace postern
