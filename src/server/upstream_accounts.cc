#include "server/upstream_accounts.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/ascii.h"
#include "mail/saslprep.h"
#include "server/accounts.h"
#include "server/mailbox_index.h"

namespace postern {
namespace {

namespace asio = boost::asio;

// Errc::authentication for proofs that cannot be passed on.
Result<SaslCredentials> credentials_of(const UpstreamServer& server, const LoginRequest& request) {
  SaslCredentials credentials;
  credentials.user = server.name_there(request.user);
  if (const auto* password = std::get_if<PasswordProof>(&request.proof)) {
    credentials.password = password->password;
    credentials.prepared_password = saslprep(password->password);
  } else if (const auto* bearer = std::get_if<BearerProof>(&request.proof)) {
    credentials.token = bearer->token;
  }
  const bool own = request.on_behalf_of.empty() || request.on_behalf_of == request.user;
  const bool shown = !credentials.password.empty() || !credentials.token.empty();
  if (own && shown) return credentials;
  return Error(Errc::authentication, "that way to log in cannot be passed on to " + server.host);
}

// It is not the client that came too often.
Error for_client(const Error& error) {
  return error.kind() == Errc::too_soon ? Error(Errc::unavailable, error.detail) : error;
}

}  // namespace

UpstreamAccounts::UpstreamAccounts(Setting setting, StateStore& store, ScanService& scan_service,
                                   WorkerPool& workers, InboxProvider* others)
    : setting_(std::move(setting)),
      store_(store),
      scan_service_(scan_service),
      others_(others),
      dialer_(setting_.dialling),
      surroundings_{dialer_, workers, setting_.folder,
                    [this](const std::shared_ptr<Stream>& stream) { note_connection(stream); }},
      login_delay_(setting_.login_delay, setting_.clock) {}

const UpstreamServer* UpstreamAccounts::server_of(std::string_view user) const {
  const std::string name = ascii_lowered(user);
  const auto found =
      std::find_if(setting_.servers.begin(), setting_.servers.end(),
                   [&](const auto& one) { return glob_matches(ascii_lowered(one.users), name); });
  return found == setting_.servers.end() ? nullptr : &*found;
}

Result<ScramCandidates> UpstreamAccounts::scram_keys(std::string_view user, ScramHash hash) {
  if (others_ != nullptr) return others_->scram_keys(user, hash);
  return Error(Errc::unavailable, "there are no keys of users of other servers");
}

Result<std::unique_ptr<Inbox>> UpstreamAccounts::open(const LoginRequest& request) {
  if (others_ != nullptr && server_of(request.user) == nullptr) return others_->open(request);
  return Error(Errc::internal, "a maildrop of another server cannot be opened in this way");
}

asio::awaitable<Result<std::unique_ptr<Inbox>>> UpstreamAccounts::async_open(
    const LoginRequest& request, WorkerPool& workers) {
  const UpstreamServer* server = server_of(request.user);
  if (server != nullptr) co_return co_await open_at(*server, request);
  if (others_ != nullptr) co_return co_await others_->async_open(request, workers);
  co_return Error(Errc::authentication, "no server is configured for that user");
}

asio::awaitable<Result<std::unique_ptr<Inbox>>> UpstreamAccounts::open_at(
    const UpstreamServer& server, const LoginRequest& request) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  Result<SaslCredentials> credentials = credentials_of(server, request);
  if (!credentials) co_return credentials.error();
  const std::string account = credentials->user + "\n" + server.host;
  const std::optional<Error> held = back_off_.holds(account);
  if (held) co_return for_client(*held);
  UpstreamPop3Inbox::Setting setting{server, surroundings_, std::move(*credentials)};
  Result<UpstreamPop3Inbox::Maildrop> reached = co_await UpstreamPop3Inbox::reach(setting);
  Result<void> outcome;
  if (!reached) outcome = reached.error();
  back_off_.note(account, outcome);
  if (!reached) co_return for_client(reached.error());
  const std::string user = saslprep(request.user);
  co_await surroundings_.workers.enter();
  Result<std::unique_ptr<Inbox>> inbox = make_inbox(std::move(setting), *reached, user);
  co_await resume_on(home);
  co_return inbox;
}

// On a worker; where it fails the session stays with the caller, on its own thread.
Result<std::unique_ptr<Inbox>> UpstreamAccounts::make_inbox(UpstreamPop3Inbox::Setting setting,
                                                            UpstreamPop3Inbox::Maildrop& maildrop,
                                                            const std::string& user) {
  auto preferences = load_preferences(store_, user, setting_.authserv_ids);
  if (!preferences) return preferences.error();
  const Result<void> timely = login_delay_.log_in(user);
  if (!timely) return timely.error();
  const std::string name = "pop3://" + setting.credentials.user + "@" + setting.server.host;
  Result<std::shared_ptr<Maildrop>> shared = maildrops_.open(name);
  if (!shared) return shared.error();
  DiskInbox::Setting judging{user,
                             store_,
                             nullptr,
                             scan_service_.current(),
                             std::move(*preferences),
                             setting_.clock,
                             setting_.logger,
                             setting_.add_separator};
  return std::unique_ptr<Inbox>(std::make_unique<UpstreamPop3Inbox>(
      std::move(setting), std::move(maildrop), std::move(judging),
      std::make_unique<MailboxIndex>(store_, name), std::move(*shared)));
}

void UpstreamAccounts::note_connection(const std::shared_ptr<Stream>& stream) {
  const std::lock_guard lock(mutex_);
  if (closed_) return stream->close();
  if (connections_.size() == connections_.capacity()) {
    std::erase_if(connections_, [](const auto& one) { return one.expired(); });
    connections_.reserve(std::max<std::size_t>(64, 2 * connections_.size()));
  }
  connections_.push_back(stream);
}

void UpstreamAccounts::close_connections() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const auto& one : connections_) {
    const std::shared_ptr<Stream> stream = one.lock();
    if (stream) asio::post(stream->executor(), [stream] { stream->close(); });
  }
}

}  // namespace postern
