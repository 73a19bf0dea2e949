// WorkerPool: threads for what blocks or computes (disk, passwords, judging), so that I/O threads
// never wait.
//
// A session goes there and back again:
//   co_await pool.enter();            // now on a worker
//   ...blocking work...
//   co_await resume_on(executor);     // back on the session's own thread
//
// Thread rule: safe from any thread.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postern {

inline auto resume_on(boost::asio::any_io_executor executor) {
  return boost::asio::post(
      boost::asio::bind_executor(std::move(executor), boost::asio::use_awaitable));
}

class WorkerPool {
 public:
  explicit WorkerPool(std::size_t threads) : pool_(threads) {}

  auto enter() { return resume_on(pool_.get_executor()); }
  // Waits until everything that was begun is done.
  void join() { pool_.join(); }

 private:
  boost::asio::thread_pool pool_;
};

}  // namespace postern
