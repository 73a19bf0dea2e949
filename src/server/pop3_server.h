// Pop3Server: I/O threads that accept connections and run their sessions.
//
// Each I/O thread has an I/O context of its own, and a session stays on one, so sessions need no
// locks. What blocks runs on the worker pool.
//
// Thread rule: start() and stop() from one thread, not from an I/O thread.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/listener.h"
#include "server/pop3_session.h"

namespace postern {

// Where to listen, and whether TLS begins with the first octet (port 995) or may be begun (110).
struct Pop3Address {
  ListenAddress address;
  bool implicit_tls = false;
  // Bound already, for this server alone; without it start() binds `address`.
  std::shared_ptr<ListenSocket> socket = nullptr;
};

class Pop3Server {
 public:
  struct Setting {
    std::vector<Pop3Address> addresses;
    std::size_t threads = 1;
    std::size_t max_connections = 4096;
  };

  // `service` and what it refers to must outlive the server.
  Pop3Server(Setting setting, const Pop3Service& service);
  ~Pop3Server();

  // Binds every address, then serves. On error nothing serves.
  Result<void> start();

  // The addresses really bound, in the order of the setting.
  std::vector<ListenAddress> addresses() const;

  // Stops accepting, closes every session without UPDATE (one that is in UPDATE finishes it),
  // and returns when all are gone. Safe to call twice.
  void stop();

 private:
  struct IoThread;

  boost::asio::io_context& next_context();
  void begin_session(std::unique_ptr<Stream> stream, bool implicit_tls);
  void end_session(IoThread& home, const std::shared_ptr<Stream>& stream);

  const Setting setting_;
  const Pop3Service& service_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::atomic<std::size_t> next_thread_{0};
  std::atomic<std::uint64_t> next_number_{1};

  std::mutex mutex_;  // guards the two below
  std::condition_variable all_gone_;
  std::size_t sessions_ = 0;
  std::atomic<bool> stopping_{false};
};

}  // namespace postern
