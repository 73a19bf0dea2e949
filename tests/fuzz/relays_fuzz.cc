// Any text as Received fields: parsed, told apart and written out again.
#include <cstdint>
#include <string>

#include "rules/relays.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string text(reinterpret_cast<const char*>(data), size);
  Relay relay;
  parse_received(text, relay);
  RelayTrust trust;
  if (!trust.trusted.add(text)) trust.originating_headers.push_back("X-Originating-IP");
  const Content content = Content::decode(Blob::own("Received: " + text + "\n\n"));
  const Relays relays = Relays::parse(content, trust);
  for (const Relay& each : relays.trusted) {
    if (to_string({each}).find('\n') != std::string::npos) __builtin_trap();
  }
  if (relays.trusted.size() + relays.untrusted.size() !=
      relays.internal.size() + relays.external.size()) {
    __builtin_trap();
  }
  return 0;
}
