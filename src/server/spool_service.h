// SpoolService: fetches the mail of every active account ahead, each in its interval, and tells
// providers what clients have deleted. Accounts come from the store: what `postern account` adds,
// pauses or removes counts within a second.
//
// Of several processes with the same state one alone polls.
//
// Thread rule: start() and stop() from one thread, wake() and serves() from any.
// Bounds: so many sessions at a time as the schedule allows (16), each as stated by SpoolSync; one
// thread of its own, and workers of the pool.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "server/poll_schedule.h"
#include "server/spool_sync.h"

namespace postern {

class SpoolService {
 public:
  struct Setting {
    Dialer::Setting dialling;
    std::string folder;     // of the spool
    std::string temporary;  // for large messages under way
    std::string key_file;   // that the accounts' passwords are sealed with
    // Where an account's mail is, and how to speak to it.
    std::function<Result<UpstreamServer>(const StoredAccount&)> server_of;
    std::vector<std::string> authserv_ids{};
    std::chrono::seconds keep{14 * 24 * 3600};  // what was deleted
    PollSchedule::Setting schedule{};
    Clock clock;
    Logger logger;
  };

  // All references must outlive it.
  SpoolService(Setting setting, StateStore& store, ScanService& scan_service, WorkerPool& workers);
  ~SpoolService();

  // Errc::configuration when there are accounts and the key cannot be used.
  Result<void> start();
  // Ends every session with a provider. Safe to call twice.
  void stop();

  // There is something to tell the provider of this account.
  void wake(std::uint64_t account);

  // Whether an account serves that user, as it was a second ago. Does not block.
  bool serves(std::string_view user);

 private:
  // What is remembered of an account between its polls.
  struct Memory {
    SpoolSync::Troubled troubled;
    std::optional<UnixSeconds> next_upkeep;  // nothing: leftovers were not swept yet
  };

  boost::asio::awaitable<void> supervise();
  void begin_polls(std::span<const StoredAccount> accounts);
  boost::asio::awaitable<Result<void>> poll(StoredAccount account);
  boost::asio::awaitable<Result<SpoolSync::Report>> synchronise(const StoredAccount& account,
                                                                SpoolSync::Troubled& troubled);
  void end_poll(std::uint64_t account, const Result<void>& outcome);
  void note_connection(const std::shared_ptr<Stream>& stream);
  void note_users(std::span<const StoredAccount> accounts);
  // On a worker.
  Result<std::vector<StoredAccount>> list_accounts();
  Result<SaslCredentials> credentials_of(const StoredAccount& account) const;
  void keep_up(const StoredAccount& account, Memory& memory);
  bool may_poll();

  const Setting setting_;
  StateStore& store_;
  WorkerPool& workers_;
  Dialer dialer_;
  const SpoolSurroundings surroundings_;

  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;

  // Touched on that thread alone.
  boost::asio::steady_timer timer_;
  PollSchedule schedule_;
  std::map<std::uint64_t, Memory> memories_;
  std::vector<std::weak_ptr<Stream>> connections_;
  bool stopping_ = false;
  bool supervising_ = false;

  std::optional<FileLock> lock_;  // touched by supervise() alone
  bool complained_ = false;

  std::mutex mutex_;  // guards what follows
  std::set<std::string, std::less<>> users_;
};

}  // namespace postern
