// RuleSettings: what rule files say besides rules: whom to trust, lists of addresses and hosts,
// top-level domains.
//
// Plain values. Thread rule: const after parsing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/relays.h"
#include "rules/top_domains.h"

namespace postern {

// Addresses with "*" and "?", whatever the case. Those without either, or with one "*" in front,
// are looked up; only the others are tried one by one.
class GlobList {
 public:
  void add(std::string_view glob);
  void remove(std::string_view glob);
  bool contains(std::string_view text) const;
  bool empty() const { return exact_.empty() && endings_.empty() && globs_.empty(); }

 private:
  std::unordered_set<std::string> exact_;
  std::unordered_set<std::string> endings_;  // "@example.org" of "*@example.org"
  std::vector<std::string> globs_;
};

// Linear in pattern times text, and both are short. Case counts.
bool matches_glob(std::string_view glob, std::string_view text);

struct RuleSettings {
  // By list: those of the language have names in lower case ("welcomelist_from", "blocklist_to",
  // "more_spam_to"), those of enlist_addrlist are in "(NAME)".
  std::map<std::string, GlobList, std::less<>> addresses;
  // `welcomelist_from_rcvd ADDRESS HOST`, and the same of SpamAssassin's own lists.
  struct RelayedSender {
    std::string address, host;
  };
  std::map<std::string, std::vector<RelayedSender>, std::less<>> relayed_senders;
  std::map<std::string, std::unordered_set<std::string>, std::less<>> uri_hosts;
  std::map<std::string, GlobList, std::less<>> subjects;
  GlobList freemail, not_freemail;
  RelayTrust trust;
  TopDomains domains;
  std::uint64_t digest = 0;  // of all lines that set something
};

}  // namespace postern
