// What holds for every Stream, in the clear and under TLS.
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "net/stream.h"
#include "net/tls_authority.h"
#include "support/temporary_directory.h"
#include "support/tls_client.h"

namespace postern {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

// The other end: blocking.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void send(std::string_view bytes) = 0;
  // Empty at the end.
  virtual std::string receive() = 0;
  virtual void say_end() = 0;
};

class PlainPeer final : public Peer {
 public:
  explicit PlainPeer(int descriptor) : descriptor_(descriptor) {}
  ~PlainPeer() override { ::close(descriptor_); }
  void send(std::string_view bytes) override {
    EXPECT_EQ(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string receive() override {
    std::string bytes(64 * 1024, '\0');
    const ssize_t count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  void say_end() override { ::shutdown(descriptor_, SHUT_WR); }

 private:
  const int descriptor_;
};

class TlsPeer final : public Peer {
 public:
  explicit TlsPeer(int descriptor) : client_(descriptor, {}) {}
  bool connect() { return client_.connect(); }
  void send(std::string_view bytes) override { EXPECT_TRUE(client_.send(bytes)); }
  std::string receive() override { return client_.receive(); }
  void say_end() override { client_.say_end(); }

 private:
  TlsClient client_;
};

std::shared_ptr<const TlsContext> make_tls_context(const std::string& folder) {
  const LocalTls local{folder, {}};
  EXPECT_TRUE(make_local_tls(local, system_clock()()));
  auto keys = std::make_shared<TlsTicketKeys>(system_clock());
  auto context = TlsContext::load({{local.identity()}, "", false}, std::move(keys));
  EXPECT_TRUE(context) << context.error().detail;
  return *context;
}

class StreamContract : public ::testing::TestWithParam<bool> {
 protected:
  StreamContract() {
    Local::socket ours(context_);
    Local::socket theirs(context_);
    asio::local::connect_pair(ours, theirs);
    stream_ = std::make_unique<Stream>(std::move(ours));
    const int descriptor = theirs.release();
    if (GetParam()) {
      begin_tls(descriptor);
    } else {
      peer_ = std::make_unique<PlainPeer>(descriptor);
    }
  }

  void begin_tls(int descriptor) {
    auto peer = std::make_unique<TlsPeer>(descriptor);
    std::thread connecting([&] { EXPECT_TRUE(peer->connect()); });
    auto accept = [&]() -> asio::awaitable<void> {
      const auto done = co_await stream_->accept_tls(make_tls_context(directory_.path()));
      EXPECT_TRUE(done) << done.error().detail;
    };
    run(accept);
    connecting.join();
    peer_ = std::move(peer);
  }

  // Runs coroutines until all have ended.
  template <class... Coroutines>
  void run(Coroutines&... coroutines) {
    (asio::co_spawn(context_, coroutines, asio::detached), ...);
    context_.restart();
    context_.run();
  }

  TemporaryDirectory directory_;
  asio::io_context context_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Peer> peer_;
};

INSTANTIATE_TEST_SUITE_P(Streams, StreamContract, ::testing::Values(false, true),
                         [](const auto& parameter) { return parameter.param ? "Tls" : "Plain"; });

TEST_P(StreamContract, ReadsWhatComesAndSeesTheEnd) {
  peer_->send("hello");
  peer_->say_end();
  std::string read;
  bool ended = false;
  auto reading = [&]() -> asio::awaitable<void> {
    std::array<char, 3> buffer;
    while (!ended) {
      const auto count = co_await stream_->read_some(buffer);
      EXPECT_TRUE(count) << count.error().detail;
      ended = !count || *count == 0;
      if (count) read.append(buffer.data(), *count);
    }
  };
  run(reading);
  EXPECT_EQ(read, "hello");
}

TEST_P(StreamContract, WritesEverythingToASlowReaderAndReadsMeanwhile) {
  std::string large;
  for (int i = 0; large.size() < 3'000'000; ++i) large += std::to_string(i) + "\n";
  std::string received;
  std::thread reader([&] {
    peer_->send("x");
    while (received.size() < large.size()) {
      const std::string piece = peer_->receive();
      if (piece.empty()) break;
      received += piece;
    }
    peer_->send("y");
  });
  std::string read;
  auto writing = [&]() -> asio::awaitable<void> {
    const auto written = co_await stream_->write(large);
    EXPECT_TRUE(written) << written.error().detail;
  };
  auto reading = [&]() -> asio::awaitable<void> {
    std::array<char, 8> buffer;
    while (read.size() < 2) {
      const auto count = co_await stream_->read_some(buffer);
      EXPECT_TRUE(count);
      if (!count || *count == 0) break;
      read.append(buffer.data(), *count);
    }
  };
  run(reading, writing);
  reader.join();
  EXPECT_EQ(read, "xy");
  EXPECT_EQ(received, large);
}

TEST_P(StreamContract, FinishingEndsThePeersData) {
  auto writing = [&]() -> asio::awaitable<void> {
    EXPECT_TRUE(co_await stream_->write("bye"));
    stream_->finish();
    stream_->close();
    stream_->finish();  // does no harm
  };
  run(writing);
  EXPECT_EQ(peer_->receive(), "bye");
  EXPECT_EQ(peer_->receive(), "");
}

TEST_P(StreamContract, ADeadlineEndsAReadAndClosesTheStream) {
  bool failed = false;
  auto reading = [&]() -> asio::awaitable<void> {
    // First further away, then nearer: the nearer one counts.
    stream_->expire_after(std::chrono::hours(1));
    stream_->expire_after(std::chrono::milliseconds(5));
    std::array<char, 8> buffer;
    const auto count = co_await stream_->read_some(buffer);
    failed = !count;
  };
  run(reading);
  EXPECT_TRUE(failed);
  EXPECT_TRUE(stream_->expired());
}

TEST_P(StreamContract, AMovedDeadlineDoesNotFireEarly) {
  bool read = false;
  auto reading = [&]() -> asio::awaitable<void> {
    stream_->expire_after(std::chrono::milliseconds(1));
    stream_->expire_after(std::chrono::hours(1));
    co_await stream_->pause(std::chrono::milliseconds(20));
    peer_->send("x");
    std::array<char, 8> buffer;
    const auto count = co_await stream_->read_some(buffer);
    read = count && *count == 1;
    stream_->close();
  };
  run(reading);
  EXPECT_TRUE(read);
  EXPECT_FALSE(stream_->expired());
}

TEST_P(StreamContract, CloseEndsAPauseAndAWrite) {
  const std::string large(8 << 20, 'x');
  bool paused = false;
  bool write_failed = false;
  auto pausing = [&]() -> asio::awaitable<void> {
    co_await stream_->pause(std::chrono::hours(1));
    paused = true;
  };
  auto writing = [&]() -> asio::awaitable<void> {
    const auto written = co_await stream_->write(large);
    write_failed = !written;
  };
  asio::post(context_, [&] { stream_->close(); });
  run(writing, pausing);
  EXPECT_TRUE(paused);
  EXPECT_TRUE(write_failed);
}

TEST_P(StreamContract, AfterCloseEverythingFailsAtOnce) {
  auto using_it = [&]() -> asio::awaitable<void> {
    stream_->close();
    std::array<char, 8> buffer;
    EXPECT_FALSE(co_await stream_->read_some(buffer));
    EXPECT_FALSE(co_await stream_->write("x"));
    co_await stream_->pause(std::chrono::hours(1));
  };
  run(using_it);
}

TEST_P(StreamContract, APeerThatHasGoneEndsAWriteWithoutASignal) {
  const std::string large(8 << 20, 'x');
  peer_.reset();
  auto writing = [&]() -> asio::awaitable<void> { EXPECT_FALSE(co_await stream_->write(large)); };
  run(writing);
}

}  // namespace
}  // namespace postern
