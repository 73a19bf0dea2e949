// Relays: the hops of a message as its Received fields tell them, newest first, and which of them
// can be trusted (Mail::SpamAssassin::Conf, "trusted_networks" and "X-Spam-Relays-Untrusted").
//
// Linear in the fields. Thread rule: const after parse().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mail/content.h"
#include "rules/network_list.h"
#include "rules/received.h"

namespace postern {

// What the rule files say about whom to trust.
struct RelayTrust {
  NetworkList trusted, internal, msa;
  std::vector<std::string> originating_headers;  // fields that hold a webmail client's address
};

// "[ ip=... rdns=... helo=... by=... ident=... envfrom=... intl=0 id=... auth=... msa=0 ]", all
// with one space between.
std::string to_string(const std::vector<Relay>& relays);

struct Relays {
  std::vector<Relay> trusted, untrusted, internal, external;
  std::size_t unparseable = 0;
  // Of the Received fields, how many belong to trusted and internal relays, less one.
  int last_trusted = -1;
  int last_internal = -1;

  static Relays parse(const Content& content, const RelayTrust& trust);
};

}  // namespace postern
