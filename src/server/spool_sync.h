// SpoolSync: one session with a provider for one account: fetches what is new, judges it and spools
// it, and tells the provider what the client has deleted.
//
// A message counts as fetched when its file and its row are durable; as deleted there only when the
// provider has confirmed QUIT, or no longer lists it. So it may end at any point, by kill -9, too,
// and the next one goes on: what was fetched and not entered is fetched again into the same file,
// and a QUIT whose answer was lost shows in the next listing.
//
// Thread rule: one thread, that of the executor that run() runs on; what blocks goes to a worker.
// Bounds: those of an UpstreamSession, and rows and verdicts of up to 32 messages.
#pragma once

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "server/scan_service.h"
#include "server/spool_plan.h"
#include "server/upstream_pop3.h"
#include "state/state_store.h"
#include "store/spool_folder.h"

namespace postern {

// What all sessions share; must outlive them.
struct SpoolSurroundings {
  StateStore& store;
  ScanService& scan_service;
  UpstreamSession::Surroundings upstream;
  std::string folder;  // each account's spool is a folder in it
  std::vector<std::string> authserv_ids{};
  Clock clock;
  Logger logger;

  std::string folder_of(std::uint64_t account) const {
    return folder + "/" + std::to_string(account);
  }
};

class SpoolSync {
 public:
  // Messages that could not be fetched the last time, by UID there: they come last.
  using Troubled = std::set<std::string>;

  // All references must outlive it.
  SpoolSync(const SpoolSurroundings& surroundings, const StoredAccount& account,
            const UpstreamServer& server, SaslCredentials credentials, Troubled& troubled);

  struct Report {
    std::uint64_t fetched = 0;
    std::uint64_t removed = 0;
    std::uint64_t waiting = 0;  // could not be fetched
  };
  // The error is of what ended the session before its end.
  boost::asio::awaitable<Result<Report>> run();

 private:
  boost::asio::awaitable<Result<void>> work();
  boost::asio::awaitable<Result<void>> fetch_all(std::vector<std::size_t> wanted);
  boost::asio::awaitable<Result<void>> fetch_one(std::size_t index);
  boost::asio::awaitable<Result<void>> remove_all();
  boost::asio::awaitable<Result<bool>> is_the_same(std::size_t index, std::string digest);
  void foresee_from(const std::vector<std::size_t>& wanted, std::size_t from);

  // On a worker.
  Result<void> plan();
  Result<void> keep(std::size_t index, const Blob& message);
  void judge(const std::string& uid, const Blob& message);
  Result<void> enter_group();
  Result<void> enter_changes();

  const SpoolSurroundings& surroundings_;
  const StoredAccount& account_;
  const UpstreamServer& server_;
  const SaslCredentials credentials_;
  Troubled& troubled_;
  const SpoolFolder folder_;
  std::shared_ptr<const Scanner> scanner_;
  Preferences preferences_;

  std::unique_ptr<UpstreamSession> session_;
  std::vector<std::string> listed_;  // UIDs there
  std::vector<bool> ambiguous_;      // of the listed: the UID alone does not say which it is
  std::optional<SpoolPlan> plan_;
  std::set<std::size_t> unsettled_;  // places in the listing
  Report report_;

  // Messages whose files are written, and not yet entered.
  std::vector<SpooledMessage> rows_;
  std::vector<SpoolChange> changes_;
  std::vector<StoredVerdict> verdicts_;
  std::uint64_t octets_ = 0;
};

}  // namespace postern
