// Eval functions that ask for addresses at free mail providers (Mail::SpamAssassin::Plugin::
// FreeMail): in fields, and in the text.
#include <re2/re2.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "rules/eval_functions.h"
#include "rules/message_facts.h"

namespace postern {

namespace {

using Addresses = std::vector<std::string>;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

bool is_freemail(const RuleSettings& settings, std::string_view address) {
  const std::size_t sign = address.rfind('@');
  if (sign == std::string_view::npos) return false;
  const std::string_view domain = address.substr(sign + 1);
  if (settings.not_freemail.contains(address) || settings.not_freemail.contains(domain)) {
    return false;
  }
  // Accounts of an office, and of machines.
  static const re2::RE2 nobody(
      R"((?i)^(?:abuse|support|sales|info|helpdesk|contact|kontakt|(?:post|host|domain)master)"
      R"(|undisclosed.*|request-[a-f0-9]{16}|bounced?-|[a-f0-9]{8}\.[a-f0-9]{8})"
      R"(|[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}|.+=.+=.+)@)");
  return !re2::RE2::PartialMatch(piece(address), nobody) && settings.freemail.contains(domain);
}

Addresses addresses_of(MessageFacts& facts, std::string_view field) {
  Addresses addresses;
  const std::string all =
      facts.headers().get(std::string(field) + (field.find(":addr") == field.npos ? ":addr" : ""));
  for (const std::string_view address : split(all, '\n')) {
    if (!address.empty()) addresses.push_back(ascii_lowered(address));
  }
  return addresses;
}

bool any_freemail(MessageFacts& facts, const Addresses& addresses, const EvalArguments& arguments) {
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

constexpr const char* address_form =
    R"(((?i:[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    R"(@(?:[a-z0-9](?:[a-z0-9-]{0,59}[a-z0-9])?\.){1,4}[a-z]{2,24})))";

// An address in "<...>", or one that somebody "wrote:" from, is a quotation and not a way to
// answer; a telephone number after it is none.
bool is_quoted(std::string_view before, std::string_view after) {
  constexpr std::string_view mailto = "mailto:";
  if (before.size() >= mailto.size() && before.substr(before.size() - mailto.size()) == mailto) {
    return false;
  }
  static const re2::RE2 quotes(R"((?i)^(?:>|\s{1,10}([a-z]{2,11}):))");
  std::string word;
  if (!re2::RE2::PartialMatch(piece(after.substr(0, 32)), quotes, &word)) return false;
  static const re2::RE2 contact(R"((?i)^(?:fax|facsi|tel|phone|e?-?mail))");
  return !re2::RE2::PartialMatch(word, contact);
}

void add_addresses_in(std::string text, std::set<std::string>& found) {
  if (text.find('@') == std::string::npos) return;
  static const re2::RE2 link(R"((?i)<?https?://\S{0,255}(?:@|%40)\S{0,255})");
  static const re2::RE2 address(address_form);
  re2::RE2::GlobalReplace(&text, link, " ");
  re2::StringPiece rest(text);
  re2::StringPiece match;
  constexpr std::size_t most = 40;
  while (found.size() < most && re2::RE2::FindAndConsume(&rest, address, &match)) {
    const auto at = static_cast<std::size_t>(match.data() - text.data());
    const std::string_view whole = text;
    if (!is_quoted(whole.substr(0, at), whole.substr(at + match.size()))) {
      found.insert(ascii_lowered({match.data(), match.size()}));
    }
  }
}

// Those at free mail providers that a text wants to be answered to; none where it names many.
Addresses freemail_in_body(MessageFacts& facts) {
  constexpr std::size_t too_many = 5, too_many_free = 3;
  std::set<std::string> all;
  static const re2::RE2 mailto(std::string("^(?i:mailto):") + address_form);
  for (const UriDetail& uri : facts.uri_details()) {
    const auto has = [&uri](const char* type) {
      return std::find(uri.types.begin(), uri.types.end(), type) != uri.types.end();
    };
    std::string address;
    if (has("a") && !has("parsed") && re2::RE2::PartialMatch(uri.raw, mailto, &address)) {
      all.insert(ascii_lowered(address));
    }
  }
  for (const std::string_view chunk : facts.body().chunks) {
    add_addresses_in(std::string(chunk), all);
  }
  Addresses found;
  if (all.size() >= too_many) return found;
  for (const std::string& address : all) {
    if (is_freemail(facts.settings(), address)) found.push_back(address);
  }
  if (found.size() >= too_many_free) found.clear();
  return found;
}

bool is_from_machine(const std::string& envelope_from) {
  static const re2::RE2 machine(
      R"((?i)(?:^(?:post|host|domain)master|^double-bounce)"
      R"(|^(?:sentto|owner|return|(?:gr)?bounced?)-.+|-(?:request|bounces?|admin|owner))"
      R"(|\b(?:do[._t-]?)?no[._t-]?repl(?:y|ies)|.+=.+)@)");
  return re2::RE2::PartialMatch(envelope_from, machine);
}

// Answers go to another free address than the one that the mail says it is from.
double check_freemail_replyto(MessageFacts& facts, const EvalArguments& arguments) {
  if (is_from_machine(facts.headers().envelope_from().value_or(""))) return 0;
  const bool reply = text_argument(arguments, 0) == "reply";
  const Addresses from = addresses_of(facts, "From");
  const Addresses reply_to = addresses_of(facts, "Reply-To");
  const EvalArguments any;
  const bool from_free = any_freemail(facts, from, any);
  const bool reply_free = any_freemail(facts, reply_to, any);
  const bool shared = std::any_of(from.begin(), from.end(), [&](const std::string& address) {
    return std::find(reply_to.begin(), reply_to.end(), address) != reply_to.end();
  });
  if (from_free && reply_free && !shared) return 1;
  if (!reply && !reply_free) return 0;
  if (reply && ((!reply_to.empty() && !reply_free) || !from_free)) return 0;
  const Addresses& known = !reply || reply_free ? reply_to : from;
  const Addresses body = freemail_in_body(facts);
  return std::any_of(body.begin(), body.end(), [&known](const std::string& address) {
    return std::any_of(known.begin(), known.end(),
                       [&](const std::string& other) { return other != address; });
  });
}

double check_freemail_body(MessageFacts& facts, const EvalArguments& arguments) {
  return any_freemail(facts, freemail_in_body(facts), arguments);
}

}  // namespace

void append_freemail_functions(EvalTable& table) {
  table.insert(table.end(), {{"check_freemail_header", check_freemail_header, nullptr, 1},
                             {"check_freemail_from", check_freemail_from, nullptr, 0},
                             {"check_freemail_replyto", check_freemail_replyto},
                             {"check_freemail_body", check_freemail_body, nullptr, 0}});
}

}  // namespace postern
