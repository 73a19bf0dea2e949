#include "proto/proxy_header.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string version_2(char command, char family, const std::string& rest) {
  std::string header = signature + command + family;
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 0xFF);
  return header + rest;
}

const std::string v4_addresses("\xC0\x00\x02\x01\xC0\x00\x02\x02\x16\x2E\x00\x6E", 12);
const std::string v6_addresses = std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') +
                                 "\x07" + std::string(16, '\1') +
                                 std::string("\x16\x2E\x03\xE3", 4);

// Feeds as many octets as are wanted, at most `step` at a time; says how many were taken, or
// nothing when the header is bad.
std::optional<std::size_t> read(ProxyHeader& header, std::string_view input, std::size_t step) {
  std::size_t taken = 0;
  while (header.wanted() > 0 && taken < input.size()) {
    const std::string_view piece = input.substr(taken, std::min(header.wanted(), step));
    if (!header.feed(piece)) return std::nullopt;
    taken += piece.size();
  }
  return taken;
}

TEST(ProxyHeader, SaysWhoConnectsAndReadsNoFurther) {
  struct Row {
    std::string header;
    const char* address;  // null: nobody is named
    unsigned port;
    bool tls;
  };
  for (const Row& row : {
           Row{"PROXY TCP4 192.0.2.1 192.0.2.2 5678 110\r\n", "192.0.2.1", 5678, false},
           Row{"PROXY TCP6 2001:DB8::7 ::1 5678 995\r\n", "2001:db8::7", 5678, false},
           Row{"PROXY UNKNOWN\r\n", nullptr, 0, false},
           Row{"PROXY UNKNOWN whatever it says\r\n", nullptr, 0, false},
           Row{version_2('\x21', '\x11', v4_addresses), "192.0.2.1", 5678, false},
           Row{version_2('\x21', '\x21', v6_addresses), "2001:db8::7", 5678, false},
           Row{version_2('\x21', '\x11', v4_addresses + std::string("\x20\x00\x05\x01\0\0\0\0", 8)),
               "192.0.2.1", 5678, true},
           Row{version_2('\x21', '\x11',
                         v4_addresses + std::string("\x04\x00\x01x\x20\x00\x01\x00", 8)),
               "192.0.2.1", 5678, false},
           Row{version_2('\x21', '\x11', v4_addresses + std::string("\x20\x00\x09\x01", 4)),
               "192.0.2.1", 5678, false},
           Row{version_2('\x20', '\x00', ""), nullptr, 0, false},
           Row{version_2('\x20', '\x11', v4_addresses), nullptr, 0, false},
           Row{version_2('\x21', '\x00', ""), nullptr, 0, false},
           Row{version_2('\x21', '\x31', std::string(216, 'x')), nullptr, 0, false},
           Row{version_2('\x21', '\x11', "short"), nullptr, 0, false},
       }) {
    for (const std::size_t step : {1, 3, 5000}) {
      ProxyHeader header;
      const auto taken = read(header, row.header + "USER u\r\n", step);
      ASSERT_TRUE(taken) << row.header;
      EXPECT_EQ(*taken, row.header.size()) << row.header;
      EXPECT_EQ(header.wanted(), 0u);
      ASSERT_EQ(header.source().has_value(), row.address != nullptr) << row.header;
      EXPECT_EQ(header.client_used_tls(), row.tls);
      if (row.address == nullptr) continue;
      EXPECT_EQ(header.source()->address, row.address);
      EXPECT_EQ(header.source()->port, row.port);
    }
  }
}

TEST(ProxyHeader, RefusesEverythingElse) {
  for (const std::string& bad :
       {std::string("USER u\r\nPASS p\r\n"),
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03!"),
        std::string("PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n"),
        std::string("PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n"),
        std::string("PROXY TCP4 2001:db8::7 192.0.2.2 1 2\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n"),
        std::string("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n"),
        "PROXY UNKNOWN " + std::string(100, 'x') + "\r\n", version_2('\x11', '\x11', v4_addresses),
        version_2('\x22', '\x11', v4_addresses), version_2('\x21', '\x11', std::string(2049, 'x')),
        signature.substr(0, 11) + "x\x21\x11"}) {
    for (const std::size_t step : {1, 5000}) {
      ProxyHeader header;
      EXPECT_FALSE(read(header, bad, step)) << bad;
      EXPECT_EQ(header.wanted(), 0u);
      EXPECT_FALSE(header.feed("x"));
      EXPECT_FALSE(header.source());
    }
  }
}

TEST(ProxyHeader, WaitsForTheRest) {
  for (const std::string& whole : {std::string("PROXY TCP4 192.0.2.1 192.0.2.2 5678 110\r\n"),
                                   version_2('\x21', '\x11', v4_addresses)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ProxyHeader header;
      EXPECT_EQ(read(header, whole.substr(0, size), 5000), size);
      EXPECT_GT(header.wanted(), 0u);
      EXPECT_FALSE(header.source());
    }
  }
}

}  // namespace
}  // namespace postern
