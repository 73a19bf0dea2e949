#include "net/address_set.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

bool contains(const std::vector<std::string>& set, const std::string& address) {
  const auto parsed = AddressSet::parse(set);
  EXPECT_TRUE(parsed);
  if (address.empty()) return parsed->contains(std::nullopt);
  return parsed->contains(boost::asio::ip::make_address(address));
}

TEST(AddressSet, HoldsHostsAndNetworks) {
  struct Row {
    std::vector<std::string> set;
    const char* address;  // "" is a peer on a Unix socket
    bool within;
  };
  for (const Row& row :
       {Row{{}, "192.0.2.1", false}, Row{{}, "", false}, Row{{"unix"}, "", true},
        Row{{"unix"}, "127.0.0.1", false}, Row{{"192.0.2.1"}, "192.0.2.1", true},
        Row{{"192.0.2.1"}, "192.0.2.2", false}, Row{{"192.0.2.1"}, "::ffff:192.0.2.1", true},
        Row{{"192.0.2.7/24"}, "192.0.2.255", true}, Row{{"192.0.2.0/24"}, "192.0.3.0", false},
        Row{{"10.0.0.0/9", "10.192.0.0/10"}, "10.127.255.255", true},
        Row{{"10.0.0.0/9", "10.192.0.0/10"}, "10.191.0.0", false},
        Row{{"10.0.0.0/9", "10.192.0.0/10"}, "10.192.0.0", true},
        Row{{"0.0.0.0/0"}, "203.0.113.9", true}, Row{{"0.0.0.0/0"}, "2001:db8::1", false},
        Row{{"2001:db8::/33"}, "2001:db8:7fff::1", true},
        Row{{"2001:db8::/33"}, "2001:db8:8000::1", false}, Row{{"::1"}, "::1", true}}) {
    EXPECT_EQ(contains(row.set, row.address), row.within)
        << (row.set.empty() ? "" : row.set.front()) << " " << row.address;
  }
}

TEST(AddressSet, RefusesWhatIsNone) {
  for (const char* bad : {"", "host", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x",
                          "::/129", "192.0.2.0/-1"}) {
    const std::vector<std::string> texts{bad};
    EXPECT_FALSE(AddressSet::parse(texts)) << bad;
  }
}

}  // namespace
}  // namespace postern
