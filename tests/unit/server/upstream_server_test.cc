#include "server/upstream_server.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

TEST(UpstreamServer, NamesUsersAsTheyAreCalledThere) {
  struct Row {
    std::string login;
    std::string user;
    std::string there;
  };
  for (const Row& row :
       {Row{"%u", "ann@example.org", "ann@example.org"}, Row{"%n", "ann@example.org", "ann"},
        Row{"%d!%n", "ann@example.org", "example.org!ann"}, Row{"%n", "ann", "ann"},
        Row{"%d", "ann", ""}, Row{"recent:%u", "ann", "recent:ann"}, Row{"100%%", "ann", "100%"},
        Row{"%u", "a@b@c", "a@b@c"}, Row{"%n", "a@b@c", "a@b"}, Row{"end%", "ann", "end%"}}) {
    UpstreamServer server;
    server.login = row.login;
    EXPECT_EQ(server.name_there(row.user), row.there) << row.login;
  }
}

}  // namespace
}  // namespace postern
