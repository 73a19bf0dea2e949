// Inbox: a maildrop as a POP3 session sees it: labelled messages of exactly known size.
//
// Thread rule: one thread at a time. Blocking; call it on a worker. The coroutines async_...() are
// for the session's own thread and never block it; who works over the network implements those,
// everybody else leaves them as they are.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/entry.h"
#include "base/octets.h"
#include "base/result.h"
#include "net/worker_pool.h"
#include "proto/login_request.h"

namespace postern {

class Inbox {
 public:
  virtual ~Inbox() = default;

  // Sizes with label. Valid and unchanged while the Inbox lives.
  virtual std::span<const Entry> entries() const = 0;

  // The message with its label: the same octets for RETR and TOP, in this session and the next.
  virtual Result<Octets> fetch(std::size_t index) = 0;

  // The session's UPDATE state: removes these, durably. Called at most once, last.
  virtual Result<void> commit(std::span<const std::size_t> deleted) = 0;

  // As above; these go to a worker for it.
  virtual boost::asio::awaitable<Result<Octets>> async_fetch(std::size_t index,
                                                             WorkerPool& workers);
  virtual boost::asio::awaitable<Result<void>> async_commit(std::span<const std::size_t> deleted,
                                                            WorkerPool& workers);
  // On the session's thread, before the Inbox is destroyed on a worker: lets go of what belongs to
  // that thread.
  virtual void disconnect() {}
};

// Opens maildrops for users who log in. Thread rule: safe from any thread; blocking, for workers.
class InboxProvider {
 public:
  virtual ~InboxProvider() = default;

  // Ways to log in, beside passwords, that work for the users that there are; at most seconds old.
  // known_methods() does not block, so that an I/O thread may ask; nothing when it is to be found
  // out anew.
  virtual std::optional<LoginMethods> known_methods() { return LoginMethods{}; }
  virtual LoginMethods find_methods() { return {}; }

  // What SCRAM needs; alike for users that do not exist.
  virtual Result<ScramCandidates> scram_keys(std::string_view user, ScramHash hash) = 0;

  // Checks the proof and opens the maildrop, which stays locked while the Inbox lives.
  // Errc::authentication for a wrong user or proof, alike in text and time; busy when somebody
  // holds the maildrop. The texts are for the log, not for the client.
  virtual Result<std::unique_ptr<Inbox>> open(const LoginRequest& request) = 0;

  // As above; goes to a worker for it. The request must outlive it.
  virtual boost::asio::awaitable<Result<std::unique_ptr<Inbox>>> async_open(
      const LoginRequest& request, WorkerPool& workers);
};

}  // namespace postern
