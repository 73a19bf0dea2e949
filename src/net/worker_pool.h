// WorkerPool: threads for what blocks or computes (disk, passwords, judging), so that I/O threads
// never wait.
//
// A session goes there and back again:
//   co_await pool.enter();            // now on a worker
//   ...blocking work...
//   co_await resume_on(executor);     // back on the session's own thread
//
// A disk that does not answer may hold every worker, and nobody else's session should wait for it:
// when for `patience` none has begun anything although something waits, one more worker joins, up
// to `most`.
//
// Thread rule: safe from any thread; the constructor and join() from one.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace postern {

inline auto resume_on(boost::asio::any_io_executor executor) {
  return boost::asio::post(
      boost::asio::bind_executor(std::move(executor), boost::asio::use_awaitable));
}

class WorkerPool {
 public:
  static constexpr std::size_t most = 64;

  explicit WorkerPool(std::size_t threads,
                      std::chrono::milliseconds patience = std::chrono::milliseconds(250));
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  auto enter() {
    entered_.fetch_add(1, std::memory_order_relaxed);
    if (!watched_.load(std::memory_order_relaxed)) begin_watching();
    return resume_on(pool_.get_executor());
  }
  // Waits until everything that was begun is done.
  void join();

 private:
  void begin_watching();
  void watch();
  void watch_while_used(std::unique_lock<std::mutex>& lock);

  boost::asio::thread_pool pool_;
  const std::size_t threads_;
  const std::chrono::milliseconds patience_;
  std::atomic<std::uint64_t> entered_{0};
  std::atomic<bool> watched_{false};
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool joining_ = false;
  std::vector<std::thread> joined_later_;
  std::thread watcher_;
};

}  // namespace postern
