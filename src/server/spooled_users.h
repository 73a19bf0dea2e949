// SpooledUsers: of two InboxProviders the one for users whose mail is fetched ahead, and the one
// for everybody else, whose name alone may stand for another server.
//
// Thread rule: as InboxProvider.
#pragma once

#include <memory>

#include "server/inbox.h"
#include "server/spool_service.h"

namespace postern {

class SpooledUsers final : public InboxProvider {
 public:
  // All references must outlive it.
  SpooledUsers(SpoolService& spool, InboxProvider& spooled, InboxProvider& others)
      : spool_(spool), spooled_(spooled), others_(others) {}

  // What works for both: passwords always do.
  std::optional<LoginMethods> known_methods() override { return others_.known_methods(); }
  LoginMethods find_methods() override { return others_.find_methods(); }
  Result<ScramCandidates> scram_keys(std::string_view user, ScramHash hash) override;
  Result<std::unique_ptr<Inbox>> open(const LoginRequest& request) override;
  boost::asio::awaitable<Result<std::unique_ptr<Inbox>>> async_open(const LoginRequest& request,
                                                                    WorkerPool& workers) override;

 private:
  InboxProvider& provider_of(std::string_view user);

  SpoolService& spool_;
  InboxProvider& spooled_;
  InboxProvider& others_;
};

}  // namespace postern
