#include "server/maildrop.h"

#include <vector>

namespace postern {

std::optional<Verdict> Maildrop::unwritten(std::string_view account, const std::string& uid) {
  const std::lock_guard lock(mutex_);
  if (unwritten_.empty()) return std::nullopt;
  const auto found = unwritten_.find({std::string(account), uid});
  if (found == unwritten_.end()) return std::nullopt;
  return found->second.verdict;
}

Verdict Maildrop::keep(const std::string& account, StoredVerdict verdict) {
  const std::lock_guard lock(mutex_);
  const std::string uid = verdict.uid;
  return unwritten_.try_emplace({account, uid}, std::move(verdict)).first->second.verdict;
}

std::size_t Maildrop::unwritten_count() {
  const std::lock_guard lock(mutex_);
  return unwritten_.size();
}

// Held throughout, so that no other session finds a verdict neither here nor in the store.
Result<void> Maildrop::flush(const std::string& account, StateStore& store) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredVerdict> verdicts;
  for (auto one = unwritten_.lower_bound({account, ""});
       one != unwritten_.end() && one->first.first == account;) {
    verdicts.push_back(std::move(one->second));
    one = unwritten_.erase(one);
  }
  return store.put_verdicts(account, verdicts);
}

Result<std::shared_ptr<Maildrop>> MaildropTable::open(const std::string& path) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<Maildrop>& place = open_[path];
  // Looked at without owning it: were this the last owner, its end would want the lock held here.
  if (!shared_ && !place.expired()) {
    return Error(Errc::busy, "another session has the maildrop '" + path + "' open");
  }
  if (std::shared_ptr<Maildrop> maildrop = place.lock()) return maildrop;
  std::shared_ptr<Maildrop> fresh(new Maildrop, [this, path](Maildrop* old) {
    delete old;
    forget(path);
  });
  place = fresh;
  return fresh;
}

void MaildropTable::forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(path);
  if (found != open_.end() && found->second.expired()) open_.erase(found);
}

}  // namespace postern
