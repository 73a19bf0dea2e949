#include "server/spool_upkeep.h"

#include <unordered_set>

#include "store/spool_folder.h"

namespace postern {

Result<void> expire_spool(StateStore& store, std::uint64_t account, const std::string& folder,
                          std::chrono::seconds keep, UnixSeconds now) {
  const auto messages = store.load_spool(account, {SpoolState::removed, SpoolState::missing});
  if (!messages) return messages.error();
  std::vector<SpoolChange> steps;
  std::vector<std::string> files;
  for (const SpooledMessage& one : *messages) {
    if (one.time + keep > now) continue;
    const SpoolState to = one.state == SpoolState::removed ? SpoolState::purged : SpoolState::gone;
    steps.push_back({one.uid, {one.state}, to, now, {}});
    files.push_back(SpoolFolder::name_of(one.uid, one.digest));
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    // One by one, because a step that is not taken (somebody took the deletion back) keeps its
    // file.
    const auto taken = store.change_spool(account, {&steps[i], 1});
    if (!taken) return taken.error();
    if (*taken == 0) continue;
    const Result<void> removed = SpoolFolder(folder).remove(files[i]);
    if (!removed) return removed.error();
  }
  return {};
}

Result<std::uint64_t> sweep_spool(StateStore& store, std::uint64_t account,
                                  const std::string& folder) {
  const SpoolFolder files(folder);
  const auto names = files.names();
  if (!names) return names.error();
  if (names->empty()) return std::uint64_t{0};
  const auto messages = store.load_spool(account, kept_states);
  if (!messages) return messages.error();
  std::unordered_set<std::string> needed;
  for (const SpooledMessage& one : *messages) {
    needed.insert(SpoolFolder::name_of(one.uid, one.digest));
  }
  std::uint64_t swept = 0;
  for (const std::string& name : *names) {
    if (needed.contains(name)) continue;
    const Result<void> removed = files.remove(name);
    if (!removed) return removed.error();
    ++swept;
  }
  return swept;
}

}  // namespace postern
