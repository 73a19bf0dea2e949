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

bool is_freemail(const RuleSettings& settings, std::string_view address) {
  const std::size_t sign = address.rfind('@');
  if (address.empty() || sign == std::string_view::npos) return false;
  const std::string_view domain = address.substr(sign + 1);
  if (settings.not_freemail.contains(address) || settings.not_freemail.contains(domain)) {
    return false;
  }
  static constexpr std::string_view role_accounts[] = {
      "abuse@",   "support@",    "sales@",      "info@",      "helpdesk@",
      "contact@", "postmaster@", "hostmaster@", "webmaster@", "daemon@"};
  for (const std::string_view role : role_accounts) {
    if (address.substr(0, role.size()) == role) return false;
  }
  return settings.freemail.contains(domain);
}

std::vector<std::string> addresses_of(MessageFacts& facts, std::string_view field) {
  std::vector<std::string> addresses;
  const std::string all =
      facts.headers().get(std::string(field) + (field.find(":addr") == field.npos ? ":addr" : ""));
  for (const std::string_view address : split(all, '\n')) {
    if (!address.empty()) addresses.push_back(ascii_lowered(address));
  }
  return addresses;
}

bool any_freemail(MessageFacts& facts, const std::vector<std::string>& addresses,
                  const EvalArguments& arguments) {
  return std::any_of(addresses.begin(), addresses.end(), [&](const std::string& address) {
    return is_freemail(facts.settings(), address) &&
           (!arguments.regex || arguments.matches(address, facts));
  });
}

double check_freemail_header(MessageFacts& facts, const EvalArguments& arguments) {
  return any_freemail(facts, addresses_of(facts, text_argument(arguments, 0)), arguments);
}

double check_freemail_from(MessageFacts& facts, const EvalArguments& arguments) {
  return any_freemail(facts, facts.senders(), arguments);
}

// Addresses in the text, at most as many as a person would write.
std::vector<std::string> freemail_in_body(MessageFacts& facts) {
  constexpr std::size_t most = 40;
  std::vector<std::string> found;
  for (const UriDetail& uri : facts.uri_details()) {
    if (!starts_with_ignoring_case(uri.raw, "mailto:") || found.size() >= most) continue;
    std::string address = ascii_lowered(std::string_view(uri.raw).substr(7));
    address.resize(std::min(address.find_first_of("?&> "), address.size()));
    if (is_freemail(facts.settings(), address)) found.push_back(std::move(address));
  }
  return found;
}

// Answers go to another freemail address than the one that the mail says it is from.
double check_freemail_replyto(MessageFacts& facts, const EvalArguments& arguments) {
  const bool reply = text_argument(arguments, 0) == "reply";
  const auto from = addresses_of(facts, "From");
  const auto reply_to = addresses_of(facts, "Reply-To");
  const EvalArguments any;
  const bool from_free = any_freemail(facts, from, any);
  const bool reply_free = any_freemail(facts, reply_to, any);
  const bool shared = std::any_of(from.begin(), from.end(), [&](const std::string& address) {
    return std::find(reply_to.begin(), reply_to.end(), address) != reply_to.end();
  });
  if (from_free && reply_free && !shared) return 1;
  if (!reply && !reply_free) return 0;
  if (reply && ((!reply_to.empty() && !reply_free) || !from_free)) return 0;
  const std::vector<std::string> body = freemail_in_body(facts);
  const auto& known = !reply || !reply_to.empty() ? reply_to : from;
  return std::any_of(body.begin(), body.end(), [&known](const std::string& address) {
    return std::find(known.begin(), known.end(), address) == known.end();
  });
}

double check_freemail_body(MessageFacts& facts, const EvalArguments& arguments) {
  return any_freemail(facts, freemail_in_body(facts), arguments);
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
                {"check_uri_host_in_whitelist", check_uri_host_in_welcomelist},
                {"check_freemail_header", check_freemail_header, nullptr, 1},
                {"check_freemail_from", check_freemail_from, nullptr, 0},
                {"check_freemail_replyto", check_freemail_replyto},
                {"check_freemail_body", check_freemail_body, nullptr, 0}});
}

}  // namespace postern
