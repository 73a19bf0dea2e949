#include "net/listener.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "support/temporary_directory.h"

namespace postern {
namespace {

namespace asio = boost::asio;

TEST(ListenAddress, ReadsHostsAndPorts) {
  EXPECT_EQ(ListenAddress::parse("127.0.0.1:110")->text(), "127.0.0.1:110");
  EXPECT_EQ(ListenAddress::parse("[::1]:110")->text(), "[::1]:110");
  EXPECT_EQ(ListenAddress::parse("localhost:0")->text(), "127.0.0.1:0");
  EXPECT_EQ(ListenAddress::parse("unix:/run/p")->text(), "unix:/run/p");
  for (const char* bad : {"", "110", ":110", "host:110", "127.0.0.1:", "127.0.0.1:x",
                          "127.0.0.1:70000", "1.2.3:1", "unix:", "unix:relative"}) {
    EXPECT_FALSE(ListenAddress::parse(bad)) << bad;
  }
}

TEST(ListenAddress, RefusesAPathThatNoSocketCanHave) {
  EXPECT_FALSE(ListenAddress::parse("unix:/" + std::string(107, 'x')));
  EXPECT_TRUE(ListenAddress::parse("unix:/" + std::string(106, 'x')));
}

TEST(ListenSocket, SaysWhyItCannotListen) {
  const auto first = ListenSocket::open(*ListenAddress::parse("127.0.0.1:0"));
  ASSERT_TRUE(first);
  const auto second = ListenSocket::open(first->address());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind(), Errc::unavailable);
  EXPECT_NE(second.error().detail.find(first->address().text()), std::string::npos);
}

TEST(ListenSocket, ReplacesAUnixSocketThatNobodyListensOnAndNoOther) {
  const TemporaryDirectory directory;
  const auto address = *ListenAddress::parse("unix:" + directory.path("socket"));
  {
    const auto first = ListenSocket::open(address);
    ASSERT_TRUE(first) << first.error().detail;
    EXPECT_EQ(first->address().text(), address.text());
    EXPECT_FALSE(ListenSocket::open(address));
  }
  EXPECT_TRUE(ListenSocket::open(address));
}

TEST(ListenSocket, AdoptsOneThatListensAndNothingElse) {
  auto first = ListenSocket::open(*ListenAddress::parse("127.0.0.1:0"));
  ASSERT_TRUE(first);
  const std::string text = first->address().text();
  const auto adopted = ListenSocket::adopt(FileHandle(first->release()));
  ASSERT_TRUE(adopted);
  EXPECT_EQ(adopted->address().text(), text);
  EXPECT_FALSE(ListenSocket::adopt(FileHandle(::socket(AF_INET, SOCK_STREAM, 0))));
  EXPECT_FALSE(ListenSocket::adopt(FileHandle(::dup(0))));
}

TEST(Listener, APeerOnAUnixSocketIsLocal) {
  const TemporaryDirectory directory;
  asio::io_context context;
  auto socket = ListenSocket::open(*ListenAddress::parse("unix:" + directory.path("socket")));
  ASSERT_TRUE(socket);
  Listener listener(context, std::move(*socket), Logger());
  bool local = false;
  listener.start([&]() -> asio::io_context& { return context; },
                 [&](std::unique_ptr<Stream> stream) {
                   local = stream->peer_is_local() && !stream->peer_address();
                   EXPECT_EQ(stream->peer(), "local");
                   listener.stop();
                 });
  asio::local::stream_protocol::socket client(context);
  client.connect(directory.path("socket"));
  context.run();
  EXPECT_TRUE(local);
}

}  // namespace
}  // namespace postern
