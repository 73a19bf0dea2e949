#include "server/login_cache.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(LoginCache, KnowsOnlyTheVerySameLoginAndOnlyForAWhile) {
  UnixSeconds now{std::chrono::seconds(1000)};
  LoginCache cache(std::chrono::seconds(60), [&] { return now; });
  EXPECT_FALSE(cache.knows("ann", "pw", "hash"));
  cache.remember("ann", "pw", "hash");
  EXPECT_TRUE(cache.knows("ann", "pw", "hash"));
  EXPECT_FALSE(cache.knows("ann", "pW", "hash"));
  EXPECT_FALSE(cache.knows("ann", "pw", "other hash"));
  EXPECT_FALSE(cache.knows("bob", "pw", "hash"));
  now += std::chrono::seconds(59);
  EXPECT_TRUE(cache.knows("ann", "pw", "hash"));
  now += std::chrono::seconds(1);
  EXPECT_FALSE(cache.knows("ann", "pw", "hash"));
}

}  // namespace
}  // namespace postern
