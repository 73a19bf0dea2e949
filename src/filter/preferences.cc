#include "filter/preferences.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/hash.h"
#include "mail/auth_results.h"

namespace postern {
namespace {

// RFC 5321 section 4.5.3.1: 64 octets, "@", 255; no longer address is looked at.
constexpr std::size_t longest_address = 320;
// A glob with fewer letters that must be there says too little.
constexpr std::size_t fewest_fixed = 3;

constexpr std::uint64_t is_address = 1u << 20, is_domain = 1u << 19;

bool is_wild(char c) { return c == '*' || c == '?'; }
bool is_glob(std::string_view pattern) {
  return std::any_of(pattern.begin(), pattern.end(), is_wild);
}

Error bad_pattern(std::string_view text, const std::string& why) {
  return {Errc::usage, "'" + std::string(text) + "' " + why +
                           "; give an address (ann@example.org), a domain (example.org) or a "
                           "glob (*@news.example.org)"};
}

std::string_view return_path(const Content& content) {
  std::string_view path = trimmed(content.value("Return-Path"));
  if (path.starts_with('<')) path.remove_prefix(1);
  if (path.ends_with('>')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::string_view to_string(SenderList list) {
  return list == SenderList::allow ? "allow" : "block";
}

Result<std::string> normalised_sender(std::string_view text) {
  std::string pattern = ascii_lowered(trimmed(text));
  const bool odd = std::any_of(pattern.begin(), pattern.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '<' || c == '>' || c == ',';
  });
  if (pattern.empty() || odd || pattern.size() > longest_address) {
    return bad_pattern(text, "is no sender");
  }
  if (pattern.front() == '@') pattern.erase(0, 1);
  if (std::count(pattern.begin(), pattern.end(), '@') > 1 || pattern.empty()) {
    return bad_pattern(text, "is no sender");
  }
  if (pattern.back() == '@' || pattern.back() == '.') return bad_pattern(text, "lacks a domain");
  const bool named = pattern.find('@') != std::string::npos;
  if (is_glob(pattern)) {
    const auto fixed =
        std::count_if(pattern.begin(), pattern.end(), [](char c) { return is_ascii_alnum(c); });
    if (static_cast<std::size_t>(fixed) < fewest_fixed) {
      return bad_pattern(text, "would match nearly everybody");
    }
  } else if (!named && pattern.find('.') == std::string::npos) {
    return bad_pattern(text, "is neither an address nor a domain");
  }
  return pattern;
}

Preferences::Preferences(std::vector<SenderEntry> senders, const std::vector<RuleScore>& scores,
                         std::vector<std::string> authserv_ids)
    : senders_(std::move(senders)), authserv_ids_(std::move(authserv_ids)) {
  // Sums, so that the order of the parts does not matter.
  for (std::size_t i = 0; i < senders_.size(); ++i) {
    const SenderEntry& entry = senders_[i];
    if (is_glob(entry.pattern)) {
      globs_.push_back(i);
    } else {
      plain_.emplace(entry.pattern, i);
    }
    id_ += mix64(hash_bytes(entry.pattern, 1 + static_cast<std::uint64_t>(entry.list)) +
                 (entry.authenticated ? 1 : 0));
  }
  for (const RuleScore& score : scores) {
    scores_.insert_or_assign(score.rule, score.points);
    id_ += mix64(hash_bytes(score.rule, 3) + static_cast<std::uint64_t>(score.points));
  }
  for (const std::string& id : authserv_ids_) id_ += mix64(hash_bytes(id, 4));
}

std::optional<MilliPoints> Preferences::points_of(std::string_view rule) const {
  if (scores_.empty()) return std::nullopt;
  const auto found = scores_.find(std::string(rule));
  if (found == scores_.end()) return std::nullopt;
  return found->second;
}

std::string Preferences::vouched_for(const Content& content) const {
  if (authserv_ids_.empty() || content.from.size() != 1) return "";
  const auto results = trusted_auth_results(content, authserv_ids_);
  return authenticated_by(content.from.front().domain, results);
}

// A pattern that nobody vouches for steps back, so that a weaker one may still count.
void Preferences::consider(const SenderEntry& entry, std::uint64_t particular, bool may_allow,
                           Match& best, const Content& content) const {
  if (best.entry != nullptr && best.particular >= particular) return;
  if (entry.list == SenderList::allow && !may_allow) return;
  if (entry.authenticated && vouched_for(content).empty()) return;
  best = {&entry, particular};
}

void Preferences::find(std::string_view written, bool may_allow, Match& best,
                       const Content& content) const {
  if (written.empty() || written.size() > longest_address) return;
  const std::string address = ascii_lowered(written);
  const auto look_up = [&](std::string_view name, std::uint64_t kind) {
    const auto found = plain_.find(std::string(name));
    if (found == plain_.end()) return;
    consider(senders_[found->second], kind + name.size(), may_allow, best, content);
  };
  const std::size_t at = address.rfind('@');
  if (at != std::string::npos) look_up(address, is_address);
  std::string_view domain = std::string_view(address).substr(at + 1);
  while (!domain.empty()) {
    look_up(domain, is_domain);
    const std::size_t dot = domain.find('.');
    domain = dot == std::string_view::npos ? std::string_view() : domain.substr(dot + 1);
  }
  for (const std::size_t i : globs_) {
    const SenderEntry& entry = senders_[i];
    if (glob_matches(entry.pattern, address)) {
      consider(entry, entry.pattern.size(), may_allow, best, content);
    }
  }
}

std::optional<LedgerEntry> Preferences::opinion_of(const Content& content) const {
  if (senders_.empty()) return std::nullopt;
  Match best;
  for (const Address& address : content.from) {
    find(address.mailbox, content.from.size() == 1, best, content);
  }
  for (const Address& address : content.sender) find(address.mailbox, false, best, content);
  find(return_path(content), false, best, content);
  if (best.entry == nullptr) return std::nullopt;
  if (best.entry->list == SenderList::block) {
    return LedgerEntry{blocked_entry, deciding_points, "you block " + best.entry->pattern};
  }
  std::string why = "you allow " + best.entry->pattern;
  if (best.entry->authenticated) why += ", and " + vouched_for(content);
  return LedgerEntry{allowed_entry, -deciding_points, std::move(why)};
}

}  // namespace postern
