// Eval functions that look at the hops of a message.
#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "rules/eval_functions.h"

namespace postern {

namespace {

double check_all_trusted(MessageFacts& facts, const EvalArguments&) {
  const Relays& relays = facts.relays();
  return !relays.trusted.empty() && relays.untrusted.empty() && relays.unparseable == 0;
}

double check_no_relays(MessageFacts& facts, const EvalArguments&) {
  const Relays& relays = facts.relays();
  return relays.trusted.empty() && relays.untrusted.empty() && relays.unparseable == 0;
}

double check_relays_unparseable(MessageFacts& facts, const EvalArguments&) {
  return facts.relays().unparseable > 0;
}

bool is_public(std::string_view text) { return is_ipv4_address(text) && !is_private_address(text); }

// "1.2.3." of "1.2.3.4"
std::string_view network(std::string_view address) {
  return address.substr(0, address.rfind('.') + 1);
}

double helo_ip_mismatch(MessageFacts& facts, const EvalArguments&) {
  const auto& relays = facts.relays().untrusted;
  return std::any_of(relays.begin(), relays.end(), [](const Relay& relay) {
    return is_public(relay.helo) && is_public(relay.ip) && network(relay.helo) != network(relay.ip);
  });
}

double check_for_numeric_helo(MessageFacts& facts, const EvalArguments&) {
  const auto& relays = facts.relays().untrusted;
  return std::any_of(relays.begin(), relays.end(),
                     [](const Relay& relay) { return is_public(relay.helo); });
}

// The last relay that is not private decides, as it does in SpamAssassin.
double check_for_no_rdns_dotcom_helo(MessageFacts& facts, const EvalArguments&) {
  bool hit = false;
  for (const Relay& relay : facts.relays().untrusted) {
    if (relay.is_private()) continue;
    hit = false;
    for (const std::string_view name :
         {"lycos.com", "lycos.co.uk", "hotmail.com", "localhost.com", "excite.com", "caramail.com",
          "cs.com", "aol.com", "msn.com", "yahoo.com", "drizzle.com"}) {
      if (relay.helo.size() < name.size()) continue;
      const std::size_t at = relay.helo.size() - name.size();
      const bool ends = equals_ignoring_case(std::string_view(relay.helo).substr(at), name) &&
                        (at == 0 || relay.helo[at - 1] == '.');
      hit |= ends && relay.looked_up && relay.rdns.empty();
    }
  }
  return hit;
}

// What a host name belongs to: its last two labels, three below a country.
std::string owner(std::string_view host) {
  const std::string lower = ascii_lowered(host);
  const std::vector<std::string_view> labels = split(lower, '.');
  if (labels.size() < 3 || is_ipv4_address(lower)) return lower;
  const bool country = labels.back().size() == 2;
  const std::size_t keep = country && labels[labels.size() - 2].size() < 4 ? 3 : 2;
  std::string domain;
  for (std::size_t i = labels.size() - std::min(keep, labels.size()); i < labels.size(); ++i) {
    if (!domain.empty()) domain += '.';
    domain += labels[i];
  }
  return domain;
}

bool is_dotted_name(std::string_view name) {
  return name.size() > 2 && (is_ascii_alnum(name[0]) || name[0] == '_') &&
         name.find('.') != std::string_view::npos && is_ascii_alnum(name.back());
}

// Hops where the one that received says another name than the next says it came from.
double check_for_forged_received_trail(MessageFacts& facts, const EvalArguments&) {
  const auto& relays = facts.relays().untrusted;
  int mismatches = 0;
  for (std::size_t i = 1; i < relays.size(); ++i) {
    const std::string by = owner(relays[i].by);
    const std::string from = owner(relays[i - 1].rdns);
    if (is_dotted_name(by) && is_dotted_name(from) && by != from) ++mismatches;
  }
  return mismatches > 1;
}

// The domain of the sender's address is that of the host it came from.
double check_mailfrom_matches_rcvd(MessageFacts& facts, const EvalArguments&) {
  const std::string sender = facts.headers().first("EnvelopeFrom:addr");
  const std::size_t sign = sender.rfind('@');
  if (sign == std::string::npos || sender.find('.', sign) == std::string::npos) return 0;
  const TopDomains& domains = facts.settings().domains;
  const std::string own =
      ascii_lowered(domains.registered(std::string_view(sender).substr(sign + 1)));
  const auto matches = [&](const Relay& relay) {
    return !relay.rdns.empty() && ascii_lowered(domains.registered(relay.rdns)) == own;
  };
  const Relays& relays = facts.relays();
  if (!relays.untrusted.empty()) return matches(relays.untrusted.front());
  return std::any_of(relays.trusted.begin(), relays.trusted.end(), matches);
}

}  // namespace

void append_relay_functions(EvalTable& table) {
  table.insert(table.end(), {{"check_all_trusted", check_all_trusted},
                             {"check_no_relays", check_no_relays},
                             {"check_relays_unparseable", check_relays_unparseable},
                             {"helo_ip_mismatch", helo_ip_mismatch},
                             {"check_for_numeric_helo", check_for_numeric_helo},
                             {"check_for_no_rdns_dotcom_helo", check_for_no_rdns_dotcom_helo},
                             {"check_for_forged_received_trail", check_for_forged_received_trail},
                             {"check_mailfrom_matches_rcvd", check_mailfrom_matches_rcvd}});
}

}  // namespace postern
