// Maildrop: what the sessions that have one maildrop open at a time share. Usually that is one
// session alone (RFC 1939 section 8); where maildrops may be shared, each has a view of its own,
// taken when it began, and they must only agree on verdicts and not change files at once.
//
// Thread rule: safe from any thread; flush() blocks.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "state/state_store.h"

namespace postern {

class Maildrop {
 public:
  // To be held while a mailbox is opened and while messages are removed, because then files and
  // index must agree.
  std::mutex& files() { return files_; }

  // A verdict that was shown and is not on disk yet.
  std::optional<Verdict> unwritten(std::string_view account, const std::string& uid);
  // Keeps a verdict for flush() and gives the one that counts: the first.
  Verdict keep(const std::string& account, StoredVerdict verdict);
  std::size_t unwritten_count();
  // Writes down what is kept for the account. The verdicts are forgotten whether or not that works.
  Result<void> flush(const std::string& account, StateStore& store);

 private:
  std::mutex files_;
  std::mutex mutex_;                                                        // guards what follows
  std::map<std::pair<std::string, std::string>, StoredVerdict> unwritten_;  // account, UID
};

class MaildropTable {
 public:
  explicit MaildropTable(bool shared) : shared_(shared) {}

  // Errc::busy when the maildrop is open already and may not be shared. It is open as long as
  // somebody holds it. The table must outlive that.
  Result<std::shared_ptr<Maildrop>> open(const std::string& path);

 private:
  void forget(const std::string& path);

  const bool shared_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Maildrop>> open_;  // by path; two names may share one
};

}  // namespace postern
