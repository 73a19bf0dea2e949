#include "net/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include "net/listener.h"

namespace postern {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

// A Stream and the socket at its other end.
struct Pair {
  explicit Pair(asio::io_context& context) : peer(context) {
    Local::socket ours(context);
    asio::local::connect_pair(ours, peer);
    stream = std::make_unique<Stream>(std::move(ours));
  }
  std::unique_ptr<Stream> stream;
  Local::socket peer;
};

TEST(Stream, ReadsWhatComesAndSeesTheEnd) {
  asio::io_context context;
  Pair pair(context);
  asio::write(pair.peer, asio::buffer("hello", 5));
  pair.peer.shutdown(Local::socket::shutdown_send);
  std::string read;
  bool ended = false;
  auto reading = [&]() -> asio::awaitable<void> {
    std::array<char, 3> buffer;
    while (!ended) {
      const auto count = co_await pair.stream->read_some(buffer);
      EXPECT_TRUE(count);
      ended = !count || *count == 0;
      if (count) read.append(buffer.data(), *count);
    }
  };
  asio::co_spawn(context, reading, asio::detached);
  context.run();
  EXPECT_EQ(read, "hello");
}

TEST(Stream, ADeadlineEndsAReadAndClosesTheStream) {
  asio::io_context context;
  Pair pair(context);
  bool failed = false;
  auto reading = [&]() -> asio::awaitable<void> {
    // First further away, then nearer: the nearer one counts.
    pair.stream->expire_after(std::chrono::hours(1));
    pair.stream->expire_after(std::chrono::milliseconds(5));
    std::array<char, 8> buffer;
    const auto count = co_await pair.stream->read_some(buffer);
    failed = !count;
  };
  asio::co_spawn(context, reading, asio::detached);
  context.run();
  EXPECT_TRUE(failed);
  EXPECT_TRUE(pair.stream->expired());
}

TEST(Stream, AMovedDeadlineDoesNotFireEarly) {
  asio::io_context context;
  Pair pair(context);
  bool read = false;
  auto reading = [&]() -> asio::awaitable<void> {
    pair.stream->expire_after(std::chrono::milliseconds(1));
    pair.stream->expire_after(std::chrono::hours(1));
    co_await pair.stream->pause(std::chrono::milliseconds(20));
    asio::write(pair.peer, asio::buffer("x", 1));
    std::array<char, 8> buffer;
    const auto count = co_await pair.stream->read_some(buffer);
    read = count && *count == 1;
    pair.stream->close();
  };
  asio::co_spawn(context, reading, asio::detached);
  context.run();
  EXPECT_TRUE(read);
  EXPECT_FALSE(pair.stream->expired());
}

TEST(Stream, CloseEndsAPauseAndAWrite) {
  asio::io_context context;
  Pair pair(context);
  const std::string large(8 << 20, 'x');
  bool paused = false;
  bool write_failed = false;
  auto pausing = [&]() -> asio::awaitable<void> {
    co_await pair.stream->pause(std::chrono::hours(1));
    paused = true;
  };
  auto writing = [&]() -> asio::awaitable<void> {
    const auto written = co_await pair.stream->write(large);
    write_failed = !written;
  };
  asio::co_spawn(context, pausing, asio::detached);
  asio::co_spawn(context, writing, asio::detached);
  asio::post(context, [&] { pair.stream->close(); });
  context.run();
  EXPECT_TRUE(paused);
  EXPECT_TRUE(write_failed);
}

TEST(ListenAddress, ReadsHostsAndPorts) {
  EXPECT_EQ(ListenAddress::parse("127.0.0.1:110")->text(), "127.0.0.1:110");
  EXPECT_EQ(ListenAddress::parse("[::1]:110")->text(), "[::1]:110");
  EXPECT_EQ(ListenAddress::parse("localhost:0")->text(), "127.0.0.1:0");
  EXPECT_TRUE(ListenAddress::parse("[::1]:110")->is_loopback());
  EXPECT_FALSE(ListenAddress::parse("0.0.0.0:110")->is_loopback());
  for (const char* bad :
       {"", "110", ":110", "host:110", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "1.2.3:1"}) {
    EXPECT_FALSE(ListenAddress::parse(bad)) << bad;
  }
}

TEST(Listener, SaysWhyItCannotListen) {
  asio::io_context context;
  const auto first = Listener::open(context, *ListenAddress::parse("127.0.0.1:0"), Logger());
  ASSERT_TRUE(first);
  const auto second = Listener::open(context, (*first)->address(), Logger());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), Errc::unavailable);
  EXPECT_NE(second.error().detail.find((*first)->address().text()), std::string::npos);
}

}  // namespace
}  // namespace postern
