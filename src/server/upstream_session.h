// UpstreamSession: pumps one Pop3Client over one Stream: a maildrop of another server, open.
//
// After an error, unless it says that there is no such message, the session is of no more use;
// usable() tells. Messages may be asked for in advance, so that the next one is on its way while
// this one is judged and delivered; the network's own buffers bound how much that is.
//
// Thread rule: one thread, that of the executor it was opened on; destroy it there, too.
// Bounds: see proto/pop3_client.h and server/fetched_message.h.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/dialer.h"
#include "net/worker_pool.h"
#include "proto/pop3_client.h"
#include "server/fetched_message.h"
#include "server/upstream_server.h"

namespace postern {

class UpstreamSession {
 public:
  // What sessions share; must outlive them.
  struct Surroundings {
    Dialer& dialer;
    WorkerPool& workers;
    std::string folder;  // for large messages under way
    // Told of each connection, so that it can be closed from outside.
    std::function<void(const std::shared_ptr<Stream>&)> on_connection{};
  };

  // Connects, logs in and lists. Errors are those of Dialer, Stream::connect_tls and
  // Pop3Client::Failed. The server must outlive the session.
  static boost::asio::awaitable<Result<std::unique_ptr<UpstreamSession>>> open(
      const UpstreamServer& server, const Surroundings& surroundings, SaslCredentials credentials);
  ~UpstreamSession();

  bool usable() const { return usable_; }
  std::span<const Entry> entries() const { return client_.entries(); }
  const Pop3Client& client() const { return client_; }

  // The message, whole.
  boost::asio::awaitable<Result<Blob>> retrieve(std::size_t index);
  // Its header and so many lines.
  boost::asio::awaitable<Result<Blob>> top(std::size_t index, std::uint64_t lines);
  // It will be retrieved next, in this order. Does nothing where the server takes one request at a
  // time.
  void foresee(std::size_t index);
  bool foreseen(std::size_t index) const;
  // Messages that were asked for and have not come.
  std::size_t outstanding() const { return asked_.size(); }

  // Removes these and ends the session. Done means that the server has said so.
  boost::asio::awaitable<Result<void>> finish(std::span<const std::size_t> deleted);

  // Ends every operation under way.
  void close();

 private:
  struct Wanted {
    std::size_t index;
    bool whole;
  };
  struct Event {
    enum class Kind { ready, answer, failed, finished };
    Kind kind;
    std::size_t index = 0;
    Result<void> done{};
  };

  UpstreamSession(const UpstreamServer& server, const Surroundings& surroundings,
                  Pop3Client::Options options, std::shared_ptr<Stream> stream);

  boost::asio::awaitable<Result<void>> begin_tls();
  boost::asio::awaitable<Event> step();
  boost::asio::awaitable<void> read();
  boost::asio::awaitable<void> write(std::string_view bytes);
  boost::asio::awaitable<Result<void>> take_part();
  boost::asio::awaitable<void> work();
  boost::asio::awaitable<Result<Blob>> fetch(Wanted wanted);
  boost::asio::awaitable<Result<Blob>> finish_message();
  Event fail(const Error& error);

  const UpstreamServer& server_;
  const Surroundings& surroundings_;
  Pop3Client client_;
  std::shared_ptr<Stream> stream_;
  bool usable_ = true;
  std::optional<Error> broken_;  // what the network did, where that says more than the client can
  std::deque<Wanted> asked_;     // and not answered, in this order
  std::optional<FetchedMessage> message_;  // under way; nothing for one that nobody wants
};

}  // namespace postern
