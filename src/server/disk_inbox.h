// DiskInbox: a Mailbox on disk, judged and labelled on the way out.
//
// A verdict is looked up before it is computed, so TOP and RETR agree in this session and the
// next. New verdicts are written in groups: after `group_size` of them, and when the inbox closes.
// If the machine dies in between, the same message is judged again by the same pure function.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "filter/scanner.h"
#include "server/inbox.h"
#include "state/state_store.h"
#include "store/mailbox.h"

namespace postern {

// Held while a maildrop is open; releasing it is the destructor's work.
class MaildropLock {
 public:
  explicit MaildropLock(std::function<void()> release) : release_(std::move(release)) {}
  MaildropLock(MaildropLock&& other) noexcept : release_(std::exchange(other.release_, nullptr)) {}
  MaildropLock& operator=(MaildropLock&&) = delete;
  ~MaildropLock() {
    if (release_) release_();
  }

 private:
  std::function<void()> release_;
};

class DiskInbox final : public Inbox {
 public:
  // What an inbox needs of its surroundings; references must outlive it.
  struct Setting {
    std::string account;
    StateStore& store;
    std::unique_ptr<MessageIndex> index;  // the mailbox's; lives as long as it
    std::shared_ptr<const Scanner> scanner;
    Preferences preferences;  // of the account
    Clock clock;
    Logger logger;
  };

  DiskInbox(Setting setting, std::unique_ptr<Mailbox> mailbox, MaildropLock lock);
  ~DiskInbox() override;

  std::span<const Entry> entries() const override { return entries_; }
  Result<Octets> fetch(std::size_t index) override;
  Result<void> commit(std::span<const std::size_t> deleted) override;

  // Names a message in labels and verdicts: 16 hex digits of account and UID.
  static std::string verdict_id(std::string_view account, std::string_view uid);

 private:
  Verdict verdict_of(const std::string& uid, const Blob& message);
  Result<std::optional<Verdict>> known_verdict(const std::string& uid);
  void flush_verdicts();

  MaildropLock lock_;  // first, so that it is released last
  Setting setting_;
  std::unique_ptr<Mailbox> mailbox_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, StoredVerdict> unwritten_;
};

}  // namespace postern
