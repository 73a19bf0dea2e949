#include "server/spool_service.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "base/crypto.h"
#include "base/secret_key.h"
#include "mail/saslprep.h"
#include "server/account_secret.h"
#include "server/spool_upkeep.h"

namespace postern {
namespace {

namespace asio = boost::asio;

// How soon a change of the accounts counts.
constexpr auto tick = std::chrono::seconds(1);
constexpr auto between_upkeeps = std::chrono::hours(1);

}  // namespace

SpoolService::SpoolService(Setting setting, StateStore& store, ScanService& scan_service,
                           WorkerPool& workers)
    : setting_(std::move(setting)),
      store_(store),
      workers_(workers),
      dialer_(setting_.dialling),
      surroundings_{store,
                    scan_service,
                    {dialer_, workers, setting_.temporary,
                     [this](const std::shared_ptr<Stream>& stream) { note_connection(stream); }},
                    setting_.folder,
                    setting_.authserv_ids,
                    setting_.clock,
                    setting_.logger},
      work_(context_.get_executor()),
      timer_(context_),
      schedule_(setting_.schedule) {}

SpoolService::~SpoolService() { stop(); }

Result<void> SpoolService::start() {
  const auto accounts = store_.list_accounts();
  if (!accounts) return accounts.error();
  note_users(*accounts);
  if (!accounts->empty()) {
    Result<std::string> key = load_secret_key(setting_.key_file);
    if (!key) return Error(Errc::configuration, key.error().detail);
    wipe(*key);
  }
  supervising_ = true;
  asio::co_spawn(context_, supervise(), [this](const std::exception_ptr& failure) {
    supervising_ = false;
    if (failure) setting_.logger.error("spool-stopped");
    if (stopping_ && schedule_.under_way() == 0) work_.reset();
  });
  thread_ = std::thread([this] { context_.run(); });
  return {};
}

void SpoolService::stop() {
  if (!thread_.joinable()) return;
  asio::post(context_, [this] {
    stopping_ = true;
    timer_.cancel();
    for (const auto& one : connections_) {
      const std::shared_ptr<Stream> stream = one.lock();
      if (stream) stream->close();
    }
    if (!supervising_ && schedule_.under_way() == 0) work_.reset();
  });
  thread_.join();
}

void SpoolService::wake(std::uint64_t account) {
  asio::post(context_, [this, account] {
    schedule_.wake(account);
    timer_.cancel();
  });
}

bool SpoolService::serves(std::string_view user) {
  const std::lock_guard lock(mutex_);
  return users_.contains(user);
}

void SpoolService::note_users(std::span<const StoredAccount> accounts) {
  std::set<std::string, std::less<>> users;
  for (const StoredAccount& one : accounts) users.insert(one.user);
  const std::lock_guard lock(mutex_);
  users_.swap(users);
}

void SpoolService::note_connection(const std::shared_ptr<Stream>& stream) {
  if (stopping_) return stream->close();
  std::erase_if(connections_, [](const auto& one) { return one.expired(); });
  connections_.push_back(stream);
}

asio::awaitable<void> SpoolService::supervise() {
  const asio::any_io_executor home = context_.get_executor();
  while (!stopping_) {
    co_await workers_.enter();
    const Result<std::vector<StoredAccount>> accounts = list_accounts();
    co_await resume_on(home);
    if (stopping_) co_return;
    if (accounts) begin_polls(*accounts);
    timer_.expires_after(tick);
    boost::system::error_code ignored;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

Result<std::vector<StoredAccount>> SpoolService::list_accounts() {
  Result<std::vector<StoredAccount>> accounts = store_.list_accounts();
  if (!accounts) return accounts;
  note_users(*accounts);
  if (!accounts->empty() && !may_poll()) accounts->clear();
  return accounts;
}

// Two that fetch the same mail would only fetch it twice, and delete under each other's hands.
bool SpoolService::may_poll() {
  if (lock_) return true;
  const Result<void> made = make_directories(setting_.folder);
  Result<FileLock> lock =
      made ? FileLock::take(setting_.folder + "/lock", false) : Result<FileLock>(made.error());
  if (lock) lock_.emplace(std::move(*lock));
  if (!lock && !complained_) {
    setting_.logger.warning("accounts-not-polled", {{"why", lock.error().detail}});
    complained_ = true;
  }
  return lock_.has_value();
}

void SpoolService::begin_polls(std::span<const StoredAccount> accounts) {
  schedule_.set_accounts(accounts, setting_.clock());
  for (const std::uint64_t id : schedule_.begin_due()) {
    const auto account = std::find_if(accounts.begin(), accounts.end(),
                                      [&](const StoredAccount& one) { return one.id == id; });
    asio::co_spawn(context_, poll(*account),
                   [this, id](const std::exception_ptr& failure, Result<void> outcome) {
                     if (failure) outcome = Error(Errc::internal, "the poll failed");
                     end_poll(id, outcome);
                   });
  }
}

void SpoolService::end_poll(std::uint64_t account, const Result<void>& outcome) {
  schedule_.end(account, outcome);
  if (!stopping_) return;
  if (!supervising_ && schedule_.under_way() == 0) work_.reset();
}

asio::awaitable<Result<void>> SpoolService::poll(StoredAccount account) {
  Memory& memory = memories_[account.id];
  co_await workers_.enter();
  keep_up(account, memory);
  co_await resume_on(context_.get_executor());
  const Result<SpoolSync::Report> report = co_await synchronise(account, memory.troubled);
  // Ended by stop(): that is no failure of the provider.
  if (stopping_) co_return Result<void>();
  Result<void> outcome;
  AccountPoll noted{setting_.clock(), {}, memory.troubled.size()};
  if (report) {
    noted.waiting = report->waiting;
    setting_.logger.info("polled", {{"account", account.name},
                                    {"fetched", report->fetched},
                                    {"removed", report->removed},
                                    {"waiting", report->waiting}});
  } else {
    outcome = report.error();
    noted.error = report.error().detail;
    setting_.logger.warning("poll-failed",
                            {{"account", account.name}, {"why", report.error().detail}});
  }
  co_await workers_.enter();
  const Result<void> kept = store_.note_account_poll(account.id, noted);
  if (!kept) setting_.logger.error("poll-not-noted", {{"why", kept.error().detail}});
  co_await resume_on(context_.get_executor());
  co_return outcome;
}

asio::awaitable<Result<SpoolSync::Report>> SpoolService::synchronise(
    const StoredAccount& account, SpoolSync::Troubled& troubled) {
  co_await workers_.enter();
  Result<SaslCredentials> credentials = credentials_of(account);
  const Result<UpstreamServer> server = setting_.server_of(account);
  co_await resume_on(context_.get_executor());
  if (!credentials) co_return credentials.error();
  if (!server) co_return server.error();
  const auto sync = std::make_unique<SpoolSync>(surroundings_, account, *server,
                                                std::move(*credentials), troubled);
  Result<SpoolSync::Report> report = co_await sync->run();
  co_return report;
}

Result<SaslCredentials> SpoolService::credentials_of(const StoredAccount& account) const {
  Result<std::string> password = open_account_secret(setting_.key_file, account);
  if (!password) return password.error();
  SaslCredentials credentials;
  credentials.user = account.login;
  credentials.prepared_password = saslprep(*password);
  credentials.password = std::move(*password);
  return credentials;
}

// Failures are logged; the mail itself is not at stake.
void SpoolService::keep_up(const StoredAccount& account, Memory& memory) {
  const UnixSeconds now = setting_.clock();
  if (memory.next_upkeep && now < *memory.next_upkeep) return;
  const std::string folder = surroundings_.folder_of(account.id);
  if (!memory.next_upkeep) {
    const Result<std::uint64_t> swept = sweep_spool(store_, account.id, folder);
    if (!swept) setting_.logger.warning("spool-not-swept", {{"why", swept.error().detail}});
  }
  const Result<void> expired = expire_spool(store_, account.id, folder, setting_.keep, now);
  if (!expired) setting_.logger.warning("spool-not-expired", {{"why", expired.error().detail}});
  memory.next_upkeep = now + between_upkeeps;
}

}  // namespace postern
