#include "server/disk_inbox.h"

#include <exception>

#include "base/ascii.h"
#include "base/crypto.h"
#include "filter/labeler.h"

namespace postern {
namespace {

// A durable write costs a disk flush; shared by so many verdicts it hardly shows.
constexpr std::size_t group_size = 64;

}  // namespace

DiskInbox::DiskInbox(Setting setting, std::unique_ptr<Mailbox> mailbox,
                     std::shared_ptr<Maildrop> maildrop)
    : maildrop_(std::move(maildrop)), setting_(std::move(setting)), mailbox_(std::move(mailbox)) {
  const std::span<const Entry> stored = mailbox_->entries();
  entries_.assign(stored.begin(), stored.end());
  for (Entry& entry : entries_) entry.size += Labeler::width;
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
  const std::string& uid = entries_[index].uid;
  return Labeler::apply(*message, verdict_of(uid, *message), verdict_id(setting_.account, uid),
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
