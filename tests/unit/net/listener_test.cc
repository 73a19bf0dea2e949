// What every Stream does is in tests/contract/stream_contract_test.cc.
#include "net/listener.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

namespace postern {
namespace {

namespace asio = boost::asio;

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
