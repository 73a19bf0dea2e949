#include "server/connection_limit.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(ConnectionLimit, AnAddressHasSoManyPlaces) {
  ConnectionLimit limit(2);
  auto first = limit.take("192.0.2.1:1000");
  auto second = limit.take("192.0.2.1:1001");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(limit.take("192.0.2.1:1002").error().kind(), Errc::unavailable);
  EXPECT_TRUE(limit.take("192.0.2.2:1000"));

  first->reset();
  EXPECT_TRUE(limit.take("192.0.2.1:1003"));
}

TEST(ConnectionLimit, NeighboursInIpv6ShareTheirPlaces) {
  ConnectionLimit limit(1);
  const auto held = limit.take("[2001:db8::1]:1000");
  EXPECT_FALSE(limit.take("[2001:db8::2]:1000"));
  EXPECT_TRUE(limit.take("[2001:db8:0:1::2]:1000"));
}

TEST(ConnectionLimit, ThisMachineIsNotCounted) {
  ConnectionLimit limit(1);
  for (const char* peer : {"127.0.0.1:1000", "[::1]:1000", "local"}) {
    const auto one = limit.take(peer);
    EXPECT_TRUE(one && limit.take(peer)) << peer;
  }
}

TEST(ConnectionLimit, ThereMayBeNone) {
  ConnectionLimit limit(0);
  const auto one = limit.take("192.0.2.1:1000");
  EXPECT_TRUE(one && limit.take("192.0.2.1:1001"));
}

}  // namespace
}  // namespace postern
