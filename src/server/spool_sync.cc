#include "server/spool_sync.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/octets.h"
#include "server/accounts.h"

namespace postern {
namespace {

namespace asio = boost::asio;

// So much is asked for in advance, in messages and in octets.
constexpr std::size_t foreseen_messages = 8;
constexpr std::uint64_t foreseen_octets = 256 * 1024;

// So much is entered together, because each durable write costs a disk flush.
constexpr std::size_t group_size = 32;
constexpr std::uint64_t group_octets = 4 * 1024 * 1024;

}  // namespace

SpoolSync::SpoolSync(const SpoolSurroundings& surroundings, const StoredAccount& account,
                     const UpstreamServer& server, SaslCredentials credentials, Troubled& troubled)
    : surroundings_(surroundings),
      account_(account),
      server_(server),
      credentials_(std::move(credentials)),
      troubled_(troubled),
      folder_(surroundings.folder_of(account.id)) {}

asio::awaitable<Result<SpoolSync::Report>> SpoolSync::run() {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  UpstreamPop3Inbox::Setting setting{server_, surroundings_.upstream, credentials_};
  Result<UpstreamPop3Inbox::Maildrop> reached = co_await UpstreamPop3Inbox::reach(setting);
  if (!reached) co_return reached.error();
  session_ = std::move(reached->session);
  listed_ = std::move(reached->uids);
  Result<void> done = co_await work();
  // What was fetched before the session broke is not fetched again.
  co_await surroundings_.upstream.workers.enter();
  const Result<void> entered = enter_group();
  co_await resume_on(home);
  if (done && !entered) done = entered.error();
  report_.waiting = unsettled_.size();
  session_.reset();
  if (!done) co_return done.error();
  co_return report_;
}

asio::awaitable<Result<void>> SpoolSync::work() {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  co_await surroundings_.upstream.workers.enter();
  Result<void> planned = plan();
  co_await resume_on(home);
  if (!planned) co_return planned;

  std::vector<std::size_t> first, last;
  for (const std::size_t index : plan_->unknown()) {
    (troubled_.contains(listed_[index]) ? last : first).push_back(index);
  }
  Result<void> fetched = co_await fetch_all(std::move(first));
  if (!fetched) co_return fetched;
  co_await surroundings_.upstream.workers.enter();
  Result<void> entered = enter_changes();
  const auto deleted = surroundings_.store.load_spool(account_.id, {SpoolState::deleted});
  co_await resume_on(home);
  if (!entered) co_return entered;
  if (!deleted) co_return deleted.error();
  // What may break the session shall not hold up deletions.
  const bool to_tell = std::any_of(deleted->begin(), deleted->end(), [&](const auto& one) {
    return std::find(listed_.begin(), listed_.end(), one.there) != listed_.end();
  });
  if (!to_tell) (void)co_await fetch_all(std::move(last));
  if (session_->usable()) co_return co_await remove_all();
  co_return Result<void>();
}

Result<void> SpoolSync::plan() {
  auto preferences =
      load_preferences(surroundings_.store, account_.user, surroundings_.authserv_ids);
  if (!preferences) return preferences.error();
  preferences_ = std::move(*preferences);
  scanner_ = surroundings_.scan_service.current();
  const auto live = surroundings_.store.load_spool(account_.id, live_states);
  if (!live) return live.error();
  plan_.emplace(listed_, *live);
  unsettled_.insert(plan_->unknown().begin(), plan_->unknown().end());

  std::unordered_map<std::string, std::size_t> times;
  for (const Entry& entry : session_->entries()) ++times[std::string(entry.uid)];
  for (const Entry& entry : session_->entries()) {
    ambiguous_.push_back(times[std::string(entry.uid)] > 1);
  }
  if (unsettled_.empty()) return {};
  const auto all = surroundings_.store.load_spool(account_.id, all_spool_states);
  if (!all) return all.error();
  plan_->remember(*all);
  return {};
}

void SpoolSync::foresee_from(const std::vector<std::size_t>& wanted, std::size_t from) {
  std::uint64_t octets = 0;
  for (std::size_t i = from; i < wanted.size() && i < from + foreseen_messages; ++i) {
    octets += session_->entries()[wanted[i]].size;
    if (i > from && octets > foreseen_octets) return;
    if (!session_->foreseen(wanted[i])) session_->foresee(wanted[i]);
  }
}

asio::awaitable<Result<void>> SpoolSync::fetch_all(std::vector<std::size_t> wanted) {
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // Asked for several at a time, because each write costs a system call.
    if (session_->outstanding() <= foreseen_messages / 2) foresee_from(wanted, i);
    Result<void> done = co_await fetch_one(wanted[i]);
    if (!done) co_return done;
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> SpoolSync::fetch_one(std::size_t index) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  const Result<Blob> message = co_await session_->retrieve(index);
  if (!message) {
    troubled_.insert(listed_[index]);
    surroundings_.logger.warning(
        "not-fetched",
        {{"account", account_.name}, {"uid", listed_[index]}, {"why", message.error().detail}});
    // One that cannot be had is no reason not to fetch the others.
    if (session_->usable()) co_return Result<void>();
    co_return message.error();
  }
  co_await surroundings_.upstream.workers.enter();
  Result<void> kept = keep(index, *message);
  co_await resume_on(home);
  if (!kept) co_return kept;
  unsettled_.erase(index);
  troubled_.erase(listed_[index]);
  co_return Result<void>();
}

Result<void> SpoolSync::keep(std::size_t index, const Blob& message) {
  const std::string digest = to_hex(sha256(message.view()));
  const UnixSeconds now = surroundings_.clock();
  const SpoolPlan::Settled settled = plan_->settle(listed_[index], digest, now);
  if (settled.needs_file) {
    const std::string name = SpoolFolder::name_of(settled.uid, digest);
    const Result<void> put = folder_.put(name, message.view());
    if (!put) return put.error();
    octets_ += message.size();
    judge(settled.uid, message);
  }
  if (settled.change) {
    changes_.push_back(*settled.change);
  } else {
    rows_.push_back({settled.uid, listed_[index], wire_size(message.view()), message.size(), digest,
                     SpoolState::spooled, now});
  }
  ++report_.fetched;
  if (rows_.size() + changes_.size() < group_size && octets_ < group_octets) return {};
  return enter_group();
}

// What fails here is judged when the client asks for it.
void SpoolSync::judge(const std::string& uid, const Blob& message) {
  try {
    verdicts_.push_back({uid, DiskInbox::verdict_id(account_.user, uid),
                         scanner_->scan(message, preferences_), surroundings_.clock()});
  } catch (const std::exception& failure) {
    surroundings_.logger.error("judging-failed", {{"uid", uid}, {"why", failure.what()}});
  }
}

Result<void> SpoolSync::enter_group() {
  if (rows_.empty() && changes_.empty()) return {};
  const Result<void> durable = octets_ > 0 ? folder_.sync() : Result<void>();
  if (!durable) return durable.error();
  // Before the rows, so that nobody judges once more what is judged already.
  const Result<void> judged = surroundings_.store.put_verdicts(account_.user, verdicts_);
  if (!judged) return judged.error();
  const Result<void> added = surroundings_.store.add_spooled(account_.id, rows_);
  if (!added) return added.error();
  const auto changed = surroundings_.store.change_spool(account_.id, changes_);
  if (!changed) return changed.error();
  rows_.clear();
  changes_.clear();
  verdicts_.clear();
  octets_ = 0;
  return {};
}

// What the listing shows counts only once all that it may show is known.
Result<void> SpoolSync::enter_changes() {
  const Result<void> entered = enter_group();
  if (!entered) return entered.error();
  // Messages that are in one of two lists alone may be there all the same.
  if (session_->client().unmatched() > 0) return {};
  const auto changed = surroundings_.store.change_spool(
      account_.id, plan_->changes(surroundings_.clock(), unsettled_.empty()));
  if (!changed) return changed.error();
  return {};
}

asio::awaitable<Result<bool>> SpoolSync::is_the_same(std::size_t index, std::string digest) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  const Result<Blob> message = co_await session_->retrieve(index);
  if (!message) co_return message.error();
  co_await surroundings_.upstream.workers.enter();
  const bool same = to_hex(sha256(message->view())) == digest;
  co_await resume_on(home);
  co_return same;
}

asio::awaitable<Result<void>> SpoolSync::remove_all() {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  // Asked for as late as can be: what was taken back meanwhile stays.
  co_await surroundings_.upstream.workers.enter();
  Result<void> entered = enter_group();
  const auto deleted = surroundings_.store.load_spool(account_.id, {SpoolState::deleted});
  co_await resume_on(home);
  if (!entered) co_return entered;
  if (!deleted) co_return deleted.error();

  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < listed_.size(); ++i) places.emplace(listed_[i], i);
  std::vector<std::size_t> removals;
  std::vector<SpoolChange> steps;
  for (const SpooledMessage& one : *deleted) {
    const auto place = places.find(one.there);
    if (place == places.end()) continue;
    if (ambiguous_[place->second]) {
      std::string digest = one.digest;
      const Result<bool> same = co_await is_the_same(place->second, std::move(digest));
      if (!same && !session_->usable()) co_return same.error();
      if (!same || !*same) continue;
    }
    removals.push_back(place->second);
    steps.push_back(
        {one.uid, {SpoolState::deleted}, SpoolState::removed, surroundings_.clock(), {}});
  }
  Result<void> confirmed = co_await session_->finish(removals);
  if (!confirmed && removals.empty()) confirmed = Result<void>();  // there was nothing to confirm
  if (!confirmed) co_return confirmed;
  co_await surroundings_.upstream.workers.enter();
  const auto noted = surroundings_.store.change_spool(account_.id, steps);
  co_await resume_on(home);
  if (!noted) co_return noted.error();
  report_.removed += *noted;
  co_return Result<void>();
}

}  // namespace postern
