#include "server/inbox.h"

#include <boost/asio/this_coro.hpp>

namespace postern {

namespace asio = boost::asio;

asio::awaitable<Result<Octets>> Inbox::async_fetch(std::size_t index, WorkerPool& workers) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  co_await workers.enter();
  Result<Octets> message = fetch(index);
  co_await resume_on(home);
  co_return message;
}

asio::awaitable<Result<void>> Inbox::async_commit(std::span<const std::size_t> deleted,
                                                  WorkerPool& workers) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  co_await workers.enter();
  Result<void> done = commit(deleted);
  co_await resume_on(home);
  co_return done;
}

asio::awaitable<Result<std::unique_ptr<Inbox>>> InboxProvider::async_open(
    const LoginRequest& request, WorkerPool& workers) {
  const asio::any_io_executor home = co_await asio::this_coro::executor;
  co_await workers.enter();
  Result<std::unique_ptr<Inbox>> opened = open(request);
  co_await resume_on(home);
  co_return opened;
}

}  // namespace postern
