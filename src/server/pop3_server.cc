#include "server/pop3_server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <exception>
#include <unordered_set>

namespace postern {
namespace {

namespace asio = boost::asio;

constexpr std::string_view full_house = "-ERR [SYS/TEMP] too many connections, try again later\r\n";

// Under TLS a handshake would cost more than the answer is worth: the connection just ends.
asio::awaitable<void> turn_away(std::shared_ptr<Stream> stream, bool implicit_tls) {
  if (implicit_tls) co_return;
  stream->expire_after(std::chrono::seconds(5));
  co_await stream->write(full_house);
}

}  // namespace

struct Pop3Server::IoThread {
  IoThread() : context(1), work(context.get_executor()) {}

  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::thread thread;
  // Touched on this thread alone.
  std::unordered_set<std::shared_ptr<Stream>> streams;
};

Pop3Server::Pop3Server(Setting setting, const Pop3Service& service)
    : setting_(std::move(setting)), service_(service) {}

Pop3Server::~Pop3Server() { stop(); }

Result<void> Pop3Server::start() {
  for (std::size_t i = 0; i < setting_.threads; ++i) {
    threads_.push_back(std::make_unique<IoThread>());
  }
  for (const Pop3Address& one : setting_.addresses) {
    Result<ListenSocket> socket =
        one.socket ? Result<ListenSocket>(std::move(*one.socket)) : ListenSocket::open(one.address);
    if (!socket) return socket.error();
    listeners_.push_back(
        std::make_unique<Listener>(threads_.front()->context, std::move(*socket), service_.logger));
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    const bool implicit_tls = setting_.addresses[i].implicit_tls;
    listeners_[i]->start([this]() -> asio::io_context& { return next_context(); },
                         [this, implicit_tls](std::unique_ptr<Stream> stream) {
                           begin_session(std::move(stream), implicit_tls);
                         });
  }
  for (const auto& io : threads_) {
    io->thread = std::thread([&context = io->context] { context.run(); });
  }
  return {};
}

std::vector<ListenAddress> Pop3Server::addresses() const {
  std::vector<ListenAddress> addresses;
  for (const auto& listener : listeners_) addresses.push_back(listener->address());
  return addresses;
}

asio::io_context& Pop3Server::next_context() {
  return threads_[next_thread_++ % threads_.size()]->context;
}

void Pop3Server::begin_session(std::unique_ptr<Stream> accepted, bool implicit_tls) {
  const std::shared_ptr<Stream> stream = std::move(accepted);
  const asio::any_io_executor executor = stream->executor();
  IoThread* home = nullptr;
  for (const auto& io : threads_) {
    if (executor == io->context.get_executor()) home = io.get();
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_) return;
    if (sessions_ >= setting_.max_connections) {
      service_.logger.warning("turned-away", {{"peer", stream->peer()}});
      asio::co_spawn(executor, turn_away(stream, implicit_tls), asio::detached);
      return;
    }
    ++sessions_;
  }
  home->streams.insert(stream);
  asio::co_spawn(executor, run_pop3_session(stream, service_, {next_number_++, implicit_tls}),
                 [this, home, stream](const std::exception_ptr&) { end_session(*home, stream); });
}

void Pop3Server::end_session(IoThread& home, const std::shared_ptr<Stream>& stream) {
  stream->close();
  home.streams.erase(stream);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (--sessions_ == 0) all_gone_.notify_all();
}

void Pop3Server::stop() {
  if (stopping_.exchange(true)) return;
  for (const auto& listener : listeners_) listener->stop();
  for (const auto& io : threads_) {
    asio::post(io->context, [&io = *io] {
      for (const auto& stream : io.streams) stream->close();
    });
  }
  {
    // A session in UPDATE comes back from its worker; nothing else can hold it.
    std::unique_lock<std::mutex> lock(mutex_);
    all_gone_.wait(lock, [this] { return sessions_ == 0; });
  }
  for (const auto& io : threads_) {
    io->work.reset();
    io->context.stop();
    if (io->thread.joinable()) io->thread.join();
  }
}

}  // namespace postern
