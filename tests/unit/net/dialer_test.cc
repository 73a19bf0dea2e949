#include "net/dialer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace postern {
namespace {

namespace asio = boost::asio;
using ::testing::HasSubstr;

TEST(PublicAddress, IsWhatEverybodyCanReach) {
  for (const char* text : {"1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1",
                           "100.63.255.255", "100.128.0.0", "2606:4700:4700::1111", "2a00:1450::1",
                           "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_TRUE(is_public_address(asio::ip::make_address(text))) << text;
  }
}

TEST(PublicAddress, IsNoneOfSpecialPurpose) {  // RFC 6890, and SSRF by other spellings
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.0.0.1",
                           "192.0.2.1",
                           "192.168.1.1",
                           "198.18.0.1",
                           "198.51.100.1",
                           "203.0.113.1",
                           "224.0.0.1",
                           "239.255.255.255",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::127.0.0.1",
                           "64:ff9b::7f00:1",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "fc00::1",
                           "fd12:3456::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1"}) {
    EXPECT_FALSE(is_public_address(asio::ip::make_address(text))) << text;
  }
}

class DialerTest : public ::testing::Test {
 protected:
  // A port of this machine where somebody listens.
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  static AddressSet set_of(std::vector<std::string> texts) { return *AddressSet::parse(texts); }

  // The error, or nothing when it was connected to.
  std::optional<Error> dial(Dialer& dialer, const std::string& host, std::uint16_t to) {
    std::optional<Error> error;
    auto run = [&]() -> asio::awaitable<void> {
      auto stream = co_await dialer.dial(host, to);
      if (!stream) error = stream.error();
    };
    asio::co_spawn(context_, run, asio::detached);
    context_.restart();
    context_.run();
    return error;
  }

  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
};

TEST_F(DialerTest, ConnectsToNamesAndAddressesThatAreAllowed) {
  Dialer dialer({set_of({"127.0.0.0/8", "::1"})});
  for (const std::string host : {"127.0.0.1", "localhost", "localhost"}) {
    const auto error = dial(dialer, host, port());
    EXPECT_FALSE(error) << error->detail;
  }
}

TEST_F(DialerTest, ConnectsToNothingInsideByItself) {
  Dialer dialer({});
  for (const std::string host : {"127.0.0.1", "localhost", "::1", "::ffff:127.0.0.1", "0.0.0.0",
                                 "10.0.0.1", "169.254.169.254"}) {
    const auto error = dial(dialer, host, port());
    ASSERT_TRUE(error) << host;
    EXPECT_EQ(error->kind(), Errc::configuration) << error->detail;
  }
  Dialer other_network({set_of({"10.0.0.0/8"})});
  EXPECT_TRUE(dial(other_network, "127.0.0.1", port()));
}

TEST_F(DialerTest, SaysWhatWentWrong) {
  Dialer dialer({set_of({"127.0.0.0/8"})});
  const std::uint16_t closed = port();
  acceptor_.close();
  const auto refused = dial(dialer, "127.0.0.1", closed);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind(), Errc::unavailable);
  EXPECT_THAT(refused->detail, HasSubstr("127.0.0.1 port " + std::to_string(closed)));
  const auto unknown = dial(dialer, "no-such-host.invalid", 110);
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->kind(), Errc::unavailable);
}

TEST_F(DialerTest, GivesUpInTime) {
  // The queue of a listener that accepts nobody fills up, and then nobody gets an answer.
  asio::ip::tcp::acceptor full(context_);
  full.open(asio::ip::tcp::v4());
  full.bind({asio::ip::make_address("127.0.0.1"), 0});
  full.listen(1);
  std::vector<std::unique_ptr<asio::ip::tcp::socket>> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(std::make_unique<asio::ip::tcp::socket>(context_, asio::ip::tcp::v4()));
    const asio::ip::tcp::endpoint target = full.local_endpoint();
    waiting.back()->non_blocking(true);
    // Asio's own would wait.
    (void)::connect(waiting.back()->native_handle(), target.data(),
                    static_cast<socklen_t>(target.size()));
  }
  Dialer dialer({set_of({"127.0.0.0/8"}), std::chrono::milliseconds(50)});
  const auto error = dial(dialer, "127.0.0.1", full.local_endpoint().port());
  ASSERT_TRUE(error);
  EXPECT_THAT(error->detail, HasSubstr("no answer in time"));
}

}  // namespace
}  // namespace postern
