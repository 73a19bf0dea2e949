#include "rules/received.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "rules/network_list.h"
#include "rules/received_forms.h"

namespace postern {

namespace {

// A longer field is cut: its hop stands at its beginning.
constexpr std::size_t longest_received = 4096;

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

// The text's first match of a pattern with one group, or nothing.
std::optional<std::string> find(const re2::RE2& regex, std::string_view text) {
  std::string found;
  if (!re2::RE2::PartialMatch(piece(text), regex, &found)) return std::nullopt;
  return found;
}

re2::RE2::Options latin1() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  return options;
}

// White space as single spaces, none at the ends, and no ";" at the end.
std::string squeezed(std::string_view value) {
  std::string text;
  for (const char c : value.substr(0, longest_received)) {
    if (!is_ascii_space(c)) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == ';')) text.pop_back();
  return text;
}

void cut_date(std::string& text) {
  static const re2::RE2 date(
      R"([\s;]+(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d+ )"
      R"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+ \d+:\d+(?::\d+)? \S+$)",
      latin1());
  // Dates are short: looking at the end alone keeps this fast.
  const std::size_t from = text.size() > 80 ? text.size() - 80 : 0;
  re2::StringPiece found;
  const re2::StringPiece end = piece(std::string_view(text).substr(from));
  if (date.Match(end, 0, end.size(), re2::RE2::UNANCHORED, &found, 1)) {
    text.resize(static_cast<std::size_t>(found.data() - text.data()));
  }
}

// What the field says about how the sender proved who it is; empty when it did not.
std::string authentication(const std::string& text) {
  const auto has = [&text](std::string_view word) { return text.find(word) != std::string::npos; };
  static const re2::RE2 protocol(
      R"((?i: with ((?:ES|L|UTF8S|UTF8L)MTPS?A|ASMTP|HTTP[SU]?)(?: |;|$)))", latin1());
  if (has(" by ")) {
    if (const auto found = find(protocol, text)) return *found;
  }
  static const re2::RE2 gmail(
      R"( by mx\.google\.com with ESMTPS id [a-z0-9]{1,4}sm[0-9]{2,9}[a-z]{3}\.[0-9]{1,3}\.[0-9]{4})"
      R"(\.(?:[0-6][0-9]\.){4}[0-6][0-9])",
      latin1());
  static const re2::RE2 transport(R"(\(version=([^ ]+) cipher=[^)]+\))", latin1());
  if (has("mx.google.com") && re2::RE2::PartialMatch(text, gmail)) {
    if (const auto version = find(transport, text))
      return fmt::format("GMail - transport={}", *version);
  }
  static const re2::RE2 courier(
      R"(^from .*?(?:\]\)|\)\]) \(AUTH: (LOGIN|PLAIN|DIGEST-MD5|CRAM-MD5) \S+(?:, .*?)?\) by )",
      latin1());
  if (has("(AUTH: ")) {
    if (const auto method = find(courier, text)) return *method;
  }
  static const re2::RE2 sendmail(
      R"(^from .*?(?:\](?: \([^)]*\))?\)|\)\]) .*?\(.*?authenticated.*?\).*? by)", latin1());
  if (has("authenticated") && re2::RE2::PartialMatch(text, sendmail)) return "Sendmail";
  static const re2::RE2 gmx(
      R"(from \S* \((?:HELO|EHLO) \S*\) \[[0-9.]+\] by (mail\.gmx\.(?:net|com)) \([^)]+\) with E?SMTP)",
      latin1());
  if (has("mail.gmx.")) {
    if (const auto host = find(gmx, text)) return fmt::format("GMX (SMTP / {})", *host);
  }
  static const re2::RE2 postfix(R"(\) \(Authenticated sender: \S+\) by \S+ \(([^)]+)\) with )",
                                latin1());
  if (has("(Authenticated sender: ")) {
    if (const auto name = find(postfix, text)) {
      return *name == "Postfix" ? *name : fmt::format("Postfix ({})", *name);
    }
  }
  static const re2::RE2 communigate(R"(CommuniGate Pro (?:HTTP|SMTP|XIMSS|IMAP))", latin1());
  if (has(" (account ") && re2::RE2::PartialMatch(text, communigate)) return "Communigate";
  if (has(" with Microsoft Exchange Server HTTP-DAV")) return "HTTP-DAV";
  static const re2::RE2 via_http(R"((?i: \(via (HTTP.?)\)(?: |;|$)))", latin1());
  if (has("(via ")) {
    if (const auto found = find(via_http, text)) return *found;
  }
  return {};
}

void read_words(const std::string& text, Relay& relay) {
  static const re2::RE2 id(R"( id <?([^\s<>;]{3,}))", latin1());
  static const re2::RE2 helo(
      R"(\bhelo=([-A-Za-z0-9.^+_&:=?!@%*$\\/]+)(?:[^-A-Za-z0-9.^+_&:=?!@%*$\\/]|$))", latin1());
  static const re2::RE2 spoken_helo(
      R"(\b(?:HELO|EHLO) ([-A-Za-z0-9.^+_&:=?!@%*$\\/]+)(?:[^-A-Za-z0-9.^+_&:=?!@%*$\\/]|$))",
      latin1());
  static const re2::RE2 by(R"( by (\S+)(?:[^-A-Za-z0-9;.]|$))", latin1());
  static const re2::RE2 sender(R"((?i:(?:return-path:? |envelope-(?:sender|from)[ =])(\S+)\b))",
                               latin1());
  relay.id = find(id, text).value_or("");
  if (text.find("helo=") != std::string::npos) relay.helo = find(helo, text).value_or("");
  if (relay.helo.empty()) relay.helo = find(spoken_helo, text).value_or("");
  relay.by = find(by, text).value_or("");
  if (const auto from = find(sender, text)) {
    relay.envelope_from = *from;
    relay.has_envelope_from = true;
  }
}

void take_group(const std::string& name, std::string value, Relay& relay) {
  static const re2::RE2 helo(R"(helo=(\S+))", latin1());
  static const re2::RE2 ident(R"(ident=(\S*))", latin1());
  if (name == "ip") relay.ip = std::move(value);
  if (name == "helo") relay.helo = std::move(value);
  if (name == "rdns") relay.rdns = std::move(value);
  if (name == "by") relay.by = std::move(value);
  if (name == "ident") relay.ident = std::move(value);
  if (name == "noid") relay.id.clear();
  if (name == "sub") {
    if (const auto found = find(helo, value)) relay.helo = *found;
    if (const auto found = find(ident, value)) relay.ident = *found;
  }
}

void replace_bad(std::string& text) {
  for (char& c : text) {
    if (is_ascii_space(c) || std::string_view("\0#[]()<>|", 9).find(c) != std::string_view::npos) {
      c = '!';
    }
  }
}

void clean_address(std::string& ip) {
  if (starts_with_ignoring_case(ip, "ipv6:")) ip.erase(0, 5);
  static const re2::RE2 mapped(R"((?i:^0*:0*:(?:0*:)*ffff:(\d+\.\d+\.\d+\.\d+)$))");
  if (const auto v4 = find(mapped, ip)) ip = *v4;
}

void clean(Relay& relay) {
  while (!relay.rdns.empty() && relay.rdns.back() == '.') relay.rdns.pop_back();
  if (equals_ignoring_case(relay.rdns, "unknown") || relay.rdns.substr(0, 1) == "[") {
    relay.rdns.clear();
  }
  clean_address(relay.ip);
  if (!relay.by.empty() && relay.by.back() == ';') relay.by.pop_back();
  std::string& from = relay.envelope_from;
  from.erase(0, std::min(from.find_first_not_of(" <"), from.size()));
  while (!from.empty() && (from.back() == '>' || from.back() == ' ')) from.pop_back();
  for (std::string* text : {&relay.ip, &relay.rdns, &relay.helo, &relay.by, &relay.ident, &from}) {
    replace_bad(*text);
  }
}

// What sendmail puts before the name: "IDENT:user@" or "user@".
void split_ident(Relay& relay) {
  const std::size_t at = relay.rdns.find('@');
  if (at == std::string::npos) return;
  const std::size_t from = starts_with_ignoring_case(relay.rdns, "IDENT:") ? 6 : 0;
  relay.ident = relay.rdns.substr(from, at - from);
  relay.rdns.erase(0, at + 1);
}

ReceivedForm parse_after_from(const std::string& text, Relay& relay) {
  bool has_helo = false;
  const HopForm* const form = find_hop_form(text, [&](const std::string& name, std::string value) {
    has_helo |= name == "helo";
    take_group(name, std::move(value), relay);
  });
  if (form != nullptr && form->kind == HopForm::Kind::skip) return ReceivedForm::skipped;
  if (form != nullptr && form->kind == HopForm::Kind::fetched) return ReceivedForm::fetched;
  if (form == nullptr) {
    static const re2::RE2 bracketed(fmt::format(R"(\[({})\])", address_pattern), latin1());
    relay.ip = find(bracketed, text).value_or("");
    if (relay.ip.empty() || relay.by.empty()) return ReceivedForm::unparseable;
    clean(relay);
    return ReceivedForm::relay;
  }
  relay.looked_up = form->looked_up;
  split_ident(relay);
  if (!form->unknown_is_lookup && relay.rdns == "unknown") relay.looked_up = false;
  if (form->helo_is_rdns && (!has_helo && relay.helo.empty())) relay.helo = relay.rdns;
  clean(relay);
  return ReceivedForm::relay;
}

// "FROM x (y [1.2.3.4]) BY z ID w" of simta and Rockliffe.
ReceivedForm parse_upper_case(const std::string& text, Relay& relay) {
  static const re2::RE2 form(
      fmt::format(
          R"(^FROM (\S+) \((\S+) \[({})\]\) BY (\S+) (?:\([^)]+\) WITH SMTP )?ID <?(\S+?)>?(?: FOR <[^>]+>)?$)",
          address_pattern),
      latin1());
  if (!re2::RE2::PartialMatch(text, form, &relay.helo, &relay.rdns, &relay.ip, &relay.by,
                              &relay.id)) {
    return ReceivedForm::unparseable;
  }
  relay.looked_up = true;
  if (relay.rdns == "unverified") relay.rdns.clear();
  clean(relay);
  return ReceivedForm::relay;
}

// "(from user@localhost) by host", which sendmail writes for what is handed to it.
ReceivedForm parse_parenthesis(const std::string& text, Relay& relay) {
  static const re2::RE2 gateway(
      fmt::format(R"(^\(from (\S*) \[({})\]\) by (\S+) \(NAVGW .*?\) with )", address_pattern),
      latin1());
  static const re2::RE2 local(
      R"(^\(from (?:\S+@localhost\) by \S+ |[^\s@]+@[^)]+\) by \S+\(jqueuemail\) id ))", latin1());
  if (re2::RE2::PartialMatch(text, gateway, &relay.helo, &relay.ip, &relay.by)) {
    clean(relay);
    return ReceivedForm::relay;
  }
  if (re2::RE2::PartialMatch(text, local)) return ReceivedForm::skipped;
  static const re2::RE2 bracketed(fmt::format(R"(\[({})\])", address_pattern), latin1());
  relay.ip = find(bracketed, text).value_or("");
  if (relay.ip.empty() || relay.by.empty()) return ReceivedForm::unparseable;
  clean(relay);
  return ReceivedForm::relay;
}

}  // namespace

bool Relay::is_private() const { return is_private_address(ip); }

ReceivedForm parse_received(std::string_view value, Relay& relay) {
  relay = Relay();
  std::string text = squeezed(value);
  const bool parenthesis = starts_with_ignoring_case(text, "(from ");
  if (!parenthesis && !starts_with_ignoring_case(text, "from ")) return ReceivedForm::skipped;
  if (text.find("with local for ") != std::string::npos) return ReceivedForm::skipped;
  static const re2::RE2 bare(R"((?i:^from (\S+) by [^\s;]+ ?;))", latin1());
  static const re2::RE2 bracketed(R"(^\[[\d.]+\]$)", latin1());
  if (const auto from = find(bare, text); from && !re2::RE2::FullMatch(*from, bracketed)) {
    return ReceivedForm::skipped;
  }
  cut_date(text);
  if (const std::size_t at = text.find(")by "); at != std::string::npos)
    text.insert(at + 1, 1, ' ');
  read_words(text, relay);
  relay.auth = authentication(text);
  if (parenthesis) return parse_parenthesis(text, relay);
  if (text.substr(0, 5) == "FROM ") return parse_upper_case(text, relay);
  return parse_after_from(text.substr(5), relay);
}

}  // namespace postern
