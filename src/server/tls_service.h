// TlsService: the TlsContext of the moment, and its renewal.
//
// A session asks for the context when its handshake begins, and keeps it; a reload swaps it for
// later ones. The keys of session tickets stay, so that clients can resume across a reload.
//
// Thread rule: safe from any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "net/tls_context.h"

namespace postern {

class TlsService {
 public:
  // Says which files there are, having renewed those that are ours to renew. An error keeps the
  // context that serves.
  using Prepare = std::function<Result<TlsSetting>()>;

  TlsService(Prepare prepare, const Clock& clock, Logger logger);

  // Reads everything anew. The first time there is nothing to fall back to.
  Result<void> reload();
  // The same if a file has changed since; to be called every now and then, so that renewed
  // certificates are served without a signal.
  void refresh();

  // Never null after a successful reload().
  std::shared_ptr<const TlsContext> current() const;

 private:
  Result<void> load(const TlsSetting& setting, const std::string& versions);

  const Prepare prepare_;
  const Clock clock_;
  const Logger logger_;
  const std::shared_ptr<TlsTicketKeys> ticket_keys_;
  std::mutex reloading_;  // one at a time
  std::string versions_;  // which versions of the files were read; guarded by the one above
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> context_;  // guarded by the one above
};

}  // namespace postern
