#include "net/worker_pool.h"

#include <memory>

namespace postern {

WorkerPool::WorkerPool(std::size_t threads, std::chrono::milliseconds patience)
    : pool_(threads), threads_(threads), patience_(patience), watcher_([this] { watch(); }) {}

WorkerPool::~WorkerPool() { join(); }

void WorkerPool::begin_watching() {
  {
    const std::lock_guard lock(mutex_);
    watched_ = true;
  }
  changed_.notify_all();
}

// An idle pool costs nothing: the watcher sleeps until somebody enters.
void WorkerPool::watch() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return joining_ || watched_; });
    if (joining_) return;
    watch_while_used(lock);
  }
}

void WorkerPool::watch_while_used(std::unique_lock<std::mutex>& lock) {
  while (!joining_) {
    const std::uint64_t before = entered_;
    // Waits in line like everything else: as long as it does not run, nothing behind it does.
    const auto ran = std::make_shared<std::atomic<bool>>(false);
    boost::asio::post(pool_, [ran] { *ran = true; });
    changed_.wait_for(lock, patience_, [this] { return joining_; });
    if (joining_) return;
    if (!*ran) {
      if (threads_ + joined_later_.size() < most) {
        joined_later_.emplace_back([this] { pool_.attach(); });
      }
    } else if (entered_ == before) {
      watched_ = false;
      return;
    }
  }
}

void WorkerPool::join() {
  {
    const std::lock_guard lock(mutex_);
    joining_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  pool_.join();
  for (std::thread& worker : joined_later_) {
    if (worker.joinable()) worker.join();
  }
}

}  // namespace postern
