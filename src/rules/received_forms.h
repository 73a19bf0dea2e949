// The forms in which MTAs write what follows "from " in a Received field: a table, and which of
// its rows a field is in.
//
// Thread rule: pure functions; the table is compiled when first asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace postern {

// An IPv4 or IPv6 address, for RE2; a loose one, as MTAs write them.
constexpr const char* address_pattern =
    R"((?:(?i:ipv6:)?(?:[0-9A-Fa-f]{0,4}:){2,7}(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}))"
    R"(|\d{1,3}(?:\.\d{1,3}){3}))";

// What a form of Received tells besides its words.
struct HopForm {
  // relay: a hop; skip: understood, but no hop over a network; fetched: by POP3 or IMAP.
  enum class Kind : std::uint8_t { relay, skip, fetched };
  const char* needs;    // text that the field must hold
  const char* pattern;  // see received_forms.cc
  Kind kind = Kind::relay;
  bool looked_up = false;         // the MTA looks rdns up
  bool helo_is_rdns = false;      // where the form has no HELO
  bool unknown_is_lookup = true;  // "unknown" for rdns: it was looked up, in vain
};

// Gets a word of the field by its name: "ip", "helo", "rdns", "by", "ident", "sub", "noid".
using TakeWord = std::function<void(const std::string& name, std::string word)>;

// The first form that matches; nullptr when there is none. `text` follows "from ", with single
// spaces.
const HopForm* find_hop_form(std::string_view text, const TakeWord& take);

}  // namespace postern
