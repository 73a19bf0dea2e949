// UpstreamAccounts: users whose mail is kept by another POP3 server. Their names and passwords are
// that server's to check; what they see of it is an UpstreamPop3Inbox.
//
// Which server is theirs the configuration says, by name; nobody can choose another by logging in
// with some name. Users that belong to no such server are those of another InboxProvider.
//
// Thread rule: as InboxProvider; close_connections() from any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/inbox.h"
#include "server/login_delay.h"
#include "server/maildrop.h"
#include "server/scan_service.h"
#include "server/upstream_back_off.h"
#include "server/upstream_pop3.h"

namespace postern {

class UpstreamAccounts final : public InboxProvider {
 public:
  struct Setting {
    std::vector<UpstreamServer> servers;  // the first whose users match counts
    Dialer::Setting dialling;
    std::string folder;  // for large messages under way
    std::vector<std::string> authserv_ids{};
    std::chrono::seconds login_delay{0};
    bool add_separator = false;
    Clock clock;
    Logger logger;
  };

  // `others` is for users of no server here, null for none. All references must outlive it.
  UpstreamAccounts(Setting setting, StateStore& store, ScanService& scan_service,
                   WorkerPool& workers, InboxProvider* others);

  // Passwords and tokens alone can be passed on.
  std::optional<LoginMethods> known_methods() override { return methods(); }
  LoginMethods find_methods() override { return methods(); }
  Result<ScramCandidates> scram_keys(std::string_view user, ScramHash hash) override;
  Result<std::unique_ptr<Inbox>> open(const LoginRequest& request) override;
  boost::asio::awaitable<Result<std::unique_ptr<Inbox>>> async_open(const LoginRequest& request,
                                                                    WorkerPool& workers) override;

  // Ends every connection to other servers, and allows no further ones.
  void close_connections();

 private:
  static LoginMethods methods() {
    LoginMethods methods;
    methods.bearer = true;
    return methods;
  }
  const UpstreamServer* server_of(std::string_view user) const;
  boost::asio::awaitable<Result<std::unique_ptr<Inbox>>> open_at(const UpstreamServer& server,
                                                                 const LoginRequest& request);
  Result<std::unique_ptr<Inbox>> make_inbox(UpstreamPop3Inbox::Setting setting,
                                            UpstreamPop3Inbox::Maildrop& maildrop,
                                            const std::string& user);
  void note_connection(const std::shared_ptr<Stream>& stream);

  const Setting setting_;
  StateStore& store_;
  ScanService& scan_service_;
  InboxProvider* const others_;
  Dialer dialer_;
  const UpstreamSession::Surroundings surroundings_;
  LoginDelay login_delay_;
  UpstreamBackOff back_off_;
  MaildropTable maildrops_{true};
  std::mutex mutex_;  // guards what follows
  bool closed_ = false;
  std::vector<std::weak_ptr<Stream>> connections_;
};

}  // namespace postern
