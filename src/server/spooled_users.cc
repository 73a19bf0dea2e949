#include "server/spooled_users.h"

#include "mail/saslprep.h"

namespace postern {

InboxProvider& SpooledUsers::provider_of(std::string_view user) {
  return spool_.serves(saslprep(user)) ? spooled_ : others_;
}

Result<ScramCandidates> SpooledUsers::scram_keys(std::string_view user, ScramHash hash) {
  return provider_of(user).scram_keys(user, hash);
}

Result<std::unique_ptr<Inbox>> SpooledUsers::open(const LoginRequest& request) {
  return provider_of(request.user).open(request);
}

boost::asio::awaitable<Result<std::unique_ptr<Inbox>>> SpooledUsers::async_open(
    const LoginRequest& request, WorkerPool& workers) {
  return provider_of(request.user).async_open(request, workers);
}

}  // namespace postern
