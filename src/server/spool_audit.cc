#include "server/spool_audit.h"

#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/octets.h"
#include "store/spool_folder.h"

namespace postern {
namespace {

// What is wrong with a message's file; empty when nothing is.
std::string fault_of(const SpoolFolder& folder, const SpooledMessage& one) {
  const auto message = folder.read(SpoolFolder::name_of(one.uid, one.digest), one.stored_size);
  if (!message) return message.error().detail;
  if (to_hex(sha256(message->view())) != one.digest) return "its file has other content";
  if (wire_size(message->view()) != one.size) return "its size on the wire is another one";
  return {};
}

// The same at a later moment: a message that was purged meanwhile needs no file any more.
Result<bool> still_needed(StateStore& store, std::uint64_t account, const SpooledMessage& one) {
  const auto now = store.load_spool(account, kept_states);
  if (!now) return now.error();
  for (const SpooledMessage& row : *now) {
    if (row.uid == one.uid) return true;
  }
  return false;
}

}  // namespace

Result<SpoolAudit> audit_spool(StateStore& store, const StoredAccount& account,
                               const std::string& folder_path) {
  const SpoolFolder folder(folder_path);
  const auto names = folder.names();
  if (!names) return names.error();
  const auto messages = store.load_spool(account.id, all_spool_states);
  if (!messages) return messages.error();
  // Asked for after the rows: it may have grown, but not shrunk.
  const auto again = store.find_account(account.name);
  if (!again) return again.error();

  SpoolAudit audit;
  audit.seen = *again ? (*again)->seen : account.seen;
  audit.waiting = *again ? (*again)->waiting : account.waiting;
  audit.rows = messages->size();
  std::unordered_set<std::string> needed;
  std::unordered_map<std::string_view, std::string_view> by_there;
  for (const SpooledMessage& one : *messages) {
    ++audit.counts[static_cast<std::size_t>(one.state)];
    if (live_states.contains(one.state)) {
      const auto [other, first] = by_there.emplace(one.there, one.uid);
      if (!first) {
        audit.contradictions.push_back("the messages " + std::string(other->second) + " and " +
                                       one.uid + " are one at the provider: " + one.there);
      }
    }
    if (!kept_states.contains(one.state)) continue;
    needed.insert(SpoolFolder::name_of(one.uid, one.digest));
    audit.octets += one.stored_size;
    const std::string fault = fault_of(folder, one);
    if (fault.empty()) continue;
    const Result<bool> matters = still_needed(store, account.id, one);
    if (!matters) return matters.error();
    if (*matters) {
      audit.contradictions.push_back("the message " + one.uid + " (" +
                                     std::string(to_string(one.state)) + "): " + fault);
    }
  }
  for (const std::string& name : *names) audit.leftovers += needed.contains(name) ? 0 : 1;
  const bool polled_meanwhile = *again && (*again)->seen != account.seen;
  if (audit.rows != audit.seen && !polled_meanwhile) {
    audit.contradictions.push_back("there are rows of " + std::to_string(audit.rows) +
                                   " messages, and " + std::to_string(audit.seen) +
                                   " were fetched");
  }
  return audit;
}

}  // namespace postern
