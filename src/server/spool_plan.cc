#include "server/spool_plan.h"

#include <algorithm>

namespace postern {

SpoolPlan::SpoolPlan(std::span<const std::string> listed, std::span<const SpooledMessage> live) {
  std::unordered_map<std::string_view, const SpooledMessage*> known;
  for (const SpooledMessage& one : live) known.emplace(one.there, &one);
  std::unordered_set<std::string_view> found;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    const auto place = known.find(listed[i]);
    if (place == known.end()) {
      unknown_.push_back(i);
      continue;
    }
    found.insert(listed[i]);
    const SpoolState state = place->second->state;
    if (state == SpoolState::missing || state == SpoolState::restored) {
      back_.push_back(*place->second);
    }
  }
  for (const SpooledMessage& one : live) {
    if (!found.contains(one.there)) unlisted_.push_back(one);
  }
}

void SpoolPlan::remember(std::span<const SpooledMessage> all) {
  for (const SpooledMessage& one : all) {
    taken_.insert(one.uid);
    if (!live_states.contains(one.state)) done_[one.there].push_back(one);
  }
}

SpoolPlan::Settled SpoolPlan::settle(const std::string& there, const std::string& digest,
                                     UnixSeconds now) {
  // It has another UID now.
  const auto same = std::find_if(unlisted_.begin(), unlisted_.end(),
                                 [&](const SpooledMessage& one) { return one.digest == digest; });
  if (same != unlisted_.end()) {
    const bool deleted = same->state == SpoolState::deleted;
    const SpoolState to = deleted ? SpoolState::deleted : SpoolState::spooled;
    const Settled moved{
        SpoolChange{same->uid, {same->state}, to, deleted ? same->time : now, there}, same->uid,
        false};
    unlisted_.erase(same);
    return moved;
  }
  // It was done with, and is there again.
  const auto again = done_.find(there);
  if (again != done_.end()) {
    for (const SpooledMessage& one : again->second) {
      if (one.digest != digest) continue;
      const bool gone = one.state == SpoolState::gone;
      return {
          SpoolChange{
              one.uid, {one.state}, gone ? SpoolState::spooled : SpoolState::deleted, now, there},
          one.uid, one.state != SpoolState::removed};
    }
  }
  std::string uid = there;
  for (unsigned ordinal = 0; is_taken(uid); ++ordinal) {
    uid = "P" + digest.substr(0, 40) + (ordinal > 0 ? "-" + std::to_string(ordinal) : "");
  }
  taken_.insert(uid);
  return {{}, uid, true};
}

std::vector<SpoolChange> SpoolPlan::changes(UnixSeconds now, bool all_settled) const {
  std::vector<SpoolChange> steps;
  for (const SpooledMessage& one : back_) {
    steps.push_back({one.uid, {one.state}, SpoolState::spooled, now, {}});
  }
  for (const SpooledMessage& one : unlisted_) {
    if (one.state == SpoolState::spooled) {
      steps.push_back({one.uid, {one.state}, SpoolState::missing, now, {}});
    } else if (one.state == SpoolState::deleted && all_settled) {
      steps.push_back({one.uid, {one.state}, SpoolState::removed, now, {}});
    }
  }
  return steps;
}

}  // namespace postern
