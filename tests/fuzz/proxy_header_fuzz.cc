// Arbitrary octets at the beginning of a connection. What holds: the header is read in bounded
// pieces, the same however they are cut, never further than it goes, and a source that it names has
// an address.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "proto/proxy_header.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Outcome {
  ProxyHeader header;
  std::size_t taken = 0;
  bool good = true;
};

Outcome read(std::string_view input, std::size_t step) {
  Outcome outcome;
  while (outcome.good && outcome.header.wanted() > 0 && outcome.taken < input.size()) {
    require(outcome.header.wanted() <= 2048);
    const std::string_view piece =
        input.substr(outcome.taken, std::min(step, outcome.header.wanted()));
    outcome.good = static_cast<bool>(outcome.header.feed(piece));
    outcome.taken += piece.size();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Outcome whole = read(input, input.size() + 1);
  const Outcome octets = read(input, 1);
  require(whole.good == octets.good);
  require(whole.taken <= 2064);
  if (!whole.good) {
    require(whole.header.wanted() == 0 && !whole.header.source());
    return 0;
  }
  require(whole.taken == octets.taken && whole.header.wanted() == octets.header.wanted());
  require(whole.header.source().has_value() == octets.header.source().has_value());
  require(whole.header.client_used_tls() == octets.header.client_used_tls());
  if (whole.header.source()) require(!whole.header.source()->address.empty());
  return 0;
}
