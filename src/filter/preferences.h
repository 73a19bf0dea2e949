// Preferences: what one user has decided over all rules and models: senders that are allowed or
// blocked, and other points for rules.
//
// Thread rule: const and thread-safe; a session keeps what it began with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "filter/verdict.h"
#include "mail/content.h"

namespace postern {

enum class SenderList : std::uint8_t { allow, block };

std::string_view to_string(SenderList list);

struct SenderEntry {
  SenderList list = SenderList::allow;
  std::string pattern;         // as normalised_sender gives it
  bool authenticated = false;  // counts only where a trusted server vouches for From's domain
};

struct RuleScore {
  std::string rule;
  MilliPoints points = 0;  // in place of the rule's own
};

// A pattern in its one form, lower case: an address ("ann@example.org"), a domain with all below it
// ("example.org"), or a glob over the whole address ("*@news?.example.org"). Errc::usage says what
// is wrong, also of a glob that would match nearly everybody.
Result<std::string> normalised_sender(std::string_view text);

class Preferences {
 public:
  Preferences() = default;  // nothing is decided
  // `authserv_ids`: servers whose Authentication-Results are believed (mail/auth_results.h).
  Preferences(std::vector<SenderEntry> senders, const std::vector<RuleScore>& scores,
              std::vector<std::string> authserv_ids);

  bool empty() const { return senders_.empty() && scores_.empty(); }

  // The points of a rule, where the user gave it others.
  std::optional<MilliPoints> points_of(std::string_view rule) const;

  // The entry of the ledger for the sender, if one counts: +-100 points, which decides. The most
  // particular pattern wins: an address over a domain, a longer domain over a shorter one, both
  // over a glob. Allowing looks at From alone, and only where there is a single address; blocking
  // at From, Sender and Return-Path.
  std::optional<LedgerEntry> opinion_of(const Content& content) const;

  // Changes whenever an answer could.
  std::uint64_t id() const { return id_; }

  static constexpr const char* allowed_entry = "ALLOWED_SENDER";
  static constexpr const char* blocked_entry = "BLOCKED_SENDER";
  static constexpr MilliPoints deciding_points = 100'000;

 private:
  struct Match {
    const SenderEntry* entry = nullptr;
    std::uint64_t particular = 0;  // higher is stronger
  };
  void find(std::string_view address, bool may_allow, Match& best, const Content& content) const;
  void consider(const SenderEntry& entry, std::uint64_t particular, bool may_allow, Match& best,
                const Content& content) const;
  std::string vouched_for(const Content& content) const;

  std::vector<SenderEntry> senders_;
  std::unordered_map<std::string, std::size_t> plain_;  // into senders_, by address or domain
  std::vector<std::size_t> globs_;
  std::unordered_map<std::string, MilliPoints> scores_;
  std::vector<std::string> authserv_ids_;
  std::uint64_t id_ = 0;
};

}  // namespace postern
