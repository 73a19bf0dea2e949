// Eval functions that look addresses and hosts up in lists of the rule files.
#include <algorithm>

#include "base/ascii.h"
#include "rules/eval_functions.h"

namespace postern {

namespace {

bool any_in(const RuleSettings& settings, std::string_view list,
            const std::vector<std::string>& addresses) {
  const auto found = settings.addresses.find(list);
  if (found == settings.addresses.end()) return false;
  return std::any_of(addresses.begin(), addresses.end(),
                     [&](const std::string& address) { return found->second.contains(address); });
}

std::string list_name(const EvalArguments& arguments) {
  return "(" + std::string(text_argument(arguments, 0)) + ")";
}

double check_from_in_list(MessageFacts& facts, const EvalArguments& arguments) {
  return any_in(facts.settings(), list_name(arguments), facts.senders());
}

double check_to_in_list(MessageFacts& facts, const EvalArguments& arguments) {
  return any_in(facts.settings(), list_name(arguments), facts.recipients());
}

double check_replyto_in_list(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string address = ascii_lowered(facts.headers().first("Reply-To:addr"));
  return !address.empty() && any_in(facts.settings(), list_name(arguments), {address});
}

// A sender on the list who came by a host that the list names beside him.
bool is_relayed_sender(MessageFacts& facts, std::string_view list) {
  const auto found = facts.settings().relayed_senders.find(list);
  if (found == facts.settings().relayed_senders.end()) return false;
  const Relays& relays = facts.relays();
  const Relay* const last = !relays.untrusted.empty() ? &relays.untrusted.front()
                            : !relays.trusted.empty() ? &relays.trusted.back()
                                                      : nullptr;
  for (const RuleSettings::RelayedSender& entry : found->second) {
    const auto& senders = facts.senders();
    const bool listed = std::any_of(senders.begin(), senders.end(), [&](const std::string& sender) {
      return matches_glob(entry.address, sender);
    });
    if (!listed) continue;
    if (last == nullptr) continue;
    const std::string rdns = ascii_lowered(last->rdns);
    const std::string& host = entry.host;
    if (rdns == host) return true;
    if (rdns.size() > host.size() &&
        rdns.compare(rdns.size() - host.size(), host.size(), host) == 0 &&
        rdns[rdns.size() - host.size() - 1] == '.') {
      return true;
    }
  }
  return false;
}

double check_from_in_welcomelist(MessageFacts& facts, const EvalArguments&) {
  return any_in(facts.settings(), "welcomelist_from", facts.senders()) ||
         is_relayed_sender(facts, "welcomelist_from_rcvd");
}

double check_from_in_default_welcomelist(MessageFacts& facts, const EvalArguments&) {
  return is_relayed_sender(facts, "def_welcomelist_from_rcvd");
}

double check_from_in_blocklist(MessageFacts& facts, const EvalArguments&) {
  return any_in(facts.settings(), "blocklist_from", facts.senders());
}

double check_to_in_welcomelist(MessageFacts& facts, const EvalArguments&) {
  return any_in(facts.settings(), "welcomelist_to", facts.recipients());
}

double check_to_in_blocklist(MessageFacts& facts, const EvalArguments&) {
  return any_in(facts.settings(), "blocklist_to", facts.recipients());
}

double check_to_in_more_spam(MessageFacts& facts, const EvalArguments&) {
  return any_in(facts.settings(), "more_spam_to", facts.recipients());
}

double check_to_in_all_spam(MessageFacts& facts, const EvalArguments&) {
  return any_in(facts.settings(), "all_spam_to", facts.recipients());
}

bool subject_in(MessageFacts& facts, std::string_view list) {
  const auto found = facts.settings().subjects.find(list);
  return found != facts.settings().subjects.end() &&
         found->second.contains(trimmed(facts.headers().get("Subject")));
}

double check_subject_in_welcomelist(MessageFacts& facts, const EvalArguments&) {
  return subject_in(facts, "welcomelist_subject");
}

double check_subject_in_blocklist(MessageFacts& facts, const EvalArguments&) {
  return subject_in(facts, "blocklist_subject");
}

// The host of a link, or a domain that it is below, is on the list.
bool uri_host_listed(MessageFacts& facts, std::string_view list) {
  const auto found = facts.settings().uri_hosts.find(list);
  if (found == facts.settings().uri_hosts.end()) return false;
  for (const UriDetail& uri : facts.uri_details()) {
    if (starts_with_ignoring_case(uri.raw, "mailto:")) continue;
    for (std::string host : uri.hosts) {
      while (true) {
        if (found->second.count("!" + host) != 0) break;
        if (found->second.count(host) != 0) return true;
        const std::size_t dot = host.find('.');
        if (dot == std::string::npos) break;
        host.erase(0, dot + 1);
      }
    }
  }
  return false;
}

double check_uri_host_listed(MessageFacts& facts, const EvalArguments& arguments) {
  return uri_host_listed(facts, text_argument(arguments, 0));
}
double check_uri_host_in_blocklist(MessageFacts& facts, const EvalArguments&) {
  return uri_host_listed(facts, "BLOCK");
}
double check_uri_host_in_welcomelist(MessageFacts& facts, const EvalArguments&) {
  return uri_host_listed(facts, "WELCOME");
}

}  // namespace

void append_list_functions(EvalTable& table) {
  table.insert(table.end(),
               {{"check_from_in_list", check_from_in_list},
                {"check_to_in_list", check_to_in_list},
                {"check_replyto_in_list", check_replyto_in_list},
                {"check_from_in_welcomelist", check_from_in_welcomelist},
                {"check_from_in_whitelist", check_from_in_welcomelist},
                {"check_from_in_default_welcomelist", check_from_in_default_welcomelist},
                {"check_from_in_default_whitelist", check_from_in_default_welcomelist},
                {"check_from_in_blocklist", check_from_in_blocklist},
                {"check_from_in_blacklist", check_from_in_blocklist},
                {"check_to_in_welcomelist", check_to_in_welcomelist},
                {"check_to_in_whitelist", check_to_in_welcomelist},
                {"check_to_in_blocklist", check_to_in_blocklist},
                {"check_to_in_blacklist", check_to_in_blocklist},
                {"check_to_in_more_spam", check_to_in_more_spam},
                {"check_to_in_all_spam", check_to_in_all_spam},
                {"check_subject_in_welcomelist", check_subject_in_welcomelist},
                {"check_subject_in_whitelist", check_subject_in_welcomelist},
                {"check_subject_in_blocklist", check_subject_in_blocklist},
                {"check_subject_in_blacklist", check_subject_in_blocklist},
                {"check_uri_host_listed", check_uri_host_listed},
                {"check_uri_host_in_blocklist", check_uri_host_in_blocklist},
                {"check_uri_host_in_blacklist", check_uri_host_in_blocklist},
                {"check_uri_host_in_welcomelist", check_uri_host_in_welcomelist},
                {"check_uri_host_in_whitelist", check_uri_host_in_welcomelist}});
}

}  // namespace postern
