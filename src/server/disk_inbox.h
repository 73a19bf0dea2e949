// DiskInbox: a Mailbox on disk, judged and labelled on the way out.
//
// A verdict is looked up before it is computed, so TOP and RETR agree in this session and the
// next. New verdicts are written in groups: after `group_size` of them, and when the inbox closes.
// If the machine dies in between, the same message is judged again by the same pure function.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "filter/scanner.h"
#include "server/inbox.h"
#include "server/maildrop.h"
#include "server/read_ahead.h"
#include "state/state_store.h"
#include "store/mailbox.h"

namespace postern {

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
    bool add_separator = false;  // as in Labeler::apply()
  };

  DiskInbox(Setting setting, std::unique_ptr<Mailbox> mailbox, std::shared_ptr<Maildrop> maildrop);
  ~DiskInbox() override;

  std::span<const Entry> entries() const override { return entries_; }
  Result<Octets> fetch(std::size_t index) override;
  // Of what comes behind messages that are fetched in order, what is had at once is read with them:
  // most clients fetch so, and the way to a worker and back costs more than a message.
  boost::asio::awaitable<Result<Octets>> async_fetch(std::size_t index,
                                                     WorkerPool& workers) override;
  Result<void> commit(std::span<const std::size_t> deleted) override;

  // Names a message in labels and verdicts: 16 hex digits of account and UID.
  static std::string verdict_id(std::string_view account, std::string_view uid);

 private:
  Result<Octets> fetch_with_next(std::size_t index);
  std::vector<Octets> read_ahead(std::size_t from);
  Octets labelled(std::size_t index, const Blob& message, const Verdict& verdict) const;
  Verdict verdict_of(const std::string& uid, const Blob& message);
  Result<std::optional<Verdict>> known_verdict(const std::string& uid);
  void flush_verdicts();

  std::shared_ptr<Maildrop> maildrop_;  // first, so that it is released last
  Setting setting_;
  std::unique_ptr<Mailbox> mailbox_;
  ReadAhead ahead_;
  std::vector<Entry> own_entries_;  // where the mailbox does not count labels
  std::span<const Entry> entries_;
};

}  // namespace postern
