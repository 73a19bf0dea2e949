// Daemon: posternd put together from a Config.
//
// Thread rule: all calls from one thread.
#pragma once

#include <memory>
#include <vector>

#include "app/config.h"
#include "base/log.h"
#include "base/result.h"
#include "server/pop3_server.h"

namespace postern {

// Errc::configuration when there is no mail to serve: neither mailboxes here nor servers elsewhere
// nor stored accounts.
Result<void> check_mail_source(const Config& config);

class Daemon {
 public:
  // Binds, gives up root if told to, opens the state, loads rules, models and certificates, and
  // serves. An Error says what is wrong and leaves nothing running.
  static Result<std::unique_ptr<Daemon>> start(const Config& config, const Logger& logger);
  ~Daemon();

  // Those really bound.
  const std::vector<Pop3Address>& addresses() const { return addresses_; }

  // Loads rules, models and certificates anew; sessions under way keep theirs, and on error so does
  // everybody.
  void reload();

  // To be called every hour: renews the local certificate when it is time, and serves certificates
  // that have changed.
  void refresh();

  // Ends every session without UPDATE and returns when all are gone.
  void stop();

 private:
  Daemon();
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::vector<Pop3Address> addresses_;
};

}  // namespace postern
