// One Received field, as the many MTAs write it, taken apart (RFC 5321 section 4.4 is what few of
// them keep to).
//
// Pure functions, linear in the field. Any octets are welcome.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern {

// A hop: who handed the message to whom.
struct Relay {
  std::string ip, rdns, helo, by, ident, envelope_from, id, auth;
  bool has_envelope_from = false;
  bool looked_up = false;  // the MTA asks the DNS, so an empty rdns means that there was none
  bool internal = false;
  bool msa = false;
  bool is_private() const;  // of an address that nobody on the Internet has
};

// skipped: understood, but no hop over a network.
enum class ReceivedForm : std::uint8_t { relay, skipped, fetched, unparseable };

// `value` is what stands after the colon, folds included.
ReceivedForm parse_received(std::string_view value, Relay& relay);

}  // namespace postern
