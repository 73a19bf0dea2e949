#include "server/disk_inbox.h"

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <exception>

#include "base/ascii.h"
#include "base/crypto.h"
#include "filter/labeler.h"

namespace postern {
namespace {

// A durable write costs a disk flush; shared by so many verdicts it hardly shows.
constexpr std::size_t group_size = 64;
// A client waits for one message; others are read with it only as long as that takes no time.
constexpr std::uint64_t octets_ahead = 64 * 1024;
constexpr auto patience_ahead = std::chrono::milliseconds(1);

}  // namespace

DiskInbox::DiskInbox(Setting setting, std::unique_ptr<Mailbox> mailbox,
                     std::shared_ptr<Maildrop> maildrop)
    : maildrop_(std::move(maildrop)), setting_(std::move(setting)), mailbox_(std::move(mailbox)) {
  const bool counted = mailbox_->count_on_top(Labeler::width);
  entries_ = mailbox_->entries();
  if (counted) return;
  own_entries_.assign(entries_.begin(), entries_.end());
  for (Entry& entry : own_entries_) entry.size += Labeler::width;
  entries_ = own_entries_;
}

DiskInbox::~DiskInbox() { flush_verdicts(); }

std::string DiskInbox::verdict_id(std::string_view account, std::string_view uid) {
  std::string name(account);
  name += '\0';
  name += uid;
  return to_hex(sha256(name)).substr(0, 16);
}

Result<Octets> DiskInbox::fetch(std::size_t index) {
  const Result<Blob> message = mailbox_->read(index);
  if (!message) return message.error();
  return labelled(index, *message, verdict_of(entries_[index].uid, *message));
}

boost::asio::awaitable<Result<Octets>> DiskInbox::async_fetch(std::size_t index,
                                                              WorkerPool& workers) {
  std::optional<Octets> ready = ahead_.take(index);
  if (ready) co_return std::move(*ready);
  const boost::asio::any_io_executor home = co_await boost::asio::this_coro::executor;
  co_await workers.enter();
  Result<Octets> message = fetch_with_next(index);
  co_await resume_on(home);
  co_return message;
}

Result<Octets> DiskInbox::fetch_with_next(std::size_t index) {
  const bool in_order = index == ahead_.next();
  Result<Octets> message = fetch(index);
  ahead_.hold(index + 1, in_order && message ? read_ahead(index + 1) : std::vector<Octets>());
  return message;
}

// Up to the first that must be judged or cannot be read.
std::vector<Octets> DiskInbox::read_ahead(std::size_t from) {
  std::vector<Octets> messages;
  const auto give_up = std::chrono::steady_clock::now() + patience_ahead;
  std::uint64_t octets = 0;
  for (std::size_t i = from; i < entries_.size(); ++i) {
    octets += entries_[i].size;
    if (octets > octets_ahead || std::chrono::steady_clock::now() > give_up) break;
    const auto known = known_verdict(entries_[i].uid);
    if (!known || !*known) break;
    const Result<Blob> message = mailbox_->read(i);
    if (!message) break;  // fetch() will say why, should it be asked for
    messages.push_back(labelled(i, *message, **known));
  }
  return messages;
}

Octets DiskInbox::labelled(std::size_t index, const Blob& message, const Verdict& verdict) const {
  return Labeler::apply(message, verdict, verdict_id(setting_.account, entries_[index].uid),
                        setting_.add_separator);
}

Result<std::optional<Verdict>> DiskInbox::known_verdict(const std::string& uid) {
  const std::optional<Verdict> unwritten = maildrop_->unwritten(setting_.account, uid);
  if (unwritten) return unwritten;
  const auto stored = setting_.store.find_verdict(setting_.account, uid);
  if (!stored) return stored.error();
  if (!*stored) return std::optional<Verdict>();
  return std::optional<Verdict>((*stored)->verdict);
}

// Judging never stands between a user and the mail: what fails is logged, and the message is
// delivered with the label `error` (fail open).
Verdict DiskInbox::verdict_of(const std::string& uid, const Blob& message) {
  try {
    const Result<std::optional<Verdict>> known = known_verdict(uid);
    if (known && *known) return **known;
    if (!known) setting_.logger.error("verdict-lookup-failed", {{"why", known.error().detail}});

    Verdict verdict = setting_.scanner->scan(message, setting_.preferences);
    verdict = maildrop_->keep(setting_.account, {uid, verdict_id(setting_.account, uid),
                                                 std::move(verdict), setting_.clock()});
    if (maildrop_->unwritten_count() >= group_size) flush_verdicts();
    return verdict;
  } catch (const std::exception& failure) {
    setting_.logger.error("judging-failed", {{"uid", uid}, {"why", failure.what()}});
    return {};
  }
}

void DiskInbox::flush_verdicts() {
  const Result<void> written = maildrop_->flush(setting_.account, setting_.store);
  if (!written) {
    setting_.logger.error("verdicts-not-kept", {{"why", written.error().detail}});
  }
}

Result<void> DiskInbox::commit(std::span<const std::size_t> deleted) {
  flush_verdicts();
  if (deleted.empty()) return {};
  const std::lock_guard lock(maildrop_->files());
  const Result<void> removed = mailbox_->remove(deleted);
  if (!removed) return removed.error();
  std::vector<std::string> uids;
  uids.reserve(deleted.size());
  for (const std::size_t index : deleted) uids.push_back(entries_[index].uid);
  // The mail is gone as the client asked; a verdict left behind harms nobody.
  const Result<void> forgotten = setting_.store.forget_verdicts(setting_.account, uids);
  if (!forgotten) {
    setting_.logger.warning("verdicts-not-forgotten", {{"why", forgotten.error().detail}});
  }
  return {};
}

}  // namespace postern
