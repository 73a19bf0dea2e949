// Eval functions that look at header fields.
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "base/ascii.h"
#include "mail/date.h"
#include "mail/utf8.h"
#include "rules/eval_functions.h"

namespace postern {

namespace {

constexpr double endless = std::numeric_limits<double>::infinity();

bool matches(const re2::RE2& regex, std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex);
}

bool ends_with(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() &&
         equals_ignoring_case(text.substr(text.size() - ending.size()), ending);
}

// The message has lost its Received fields on the way, so that none can be missed.
bool lost_received(MessageFacts& facts) {
  const Content& content = facts.content();
  if (content.field("Received") == nullptr) return true;
  static const re2::RE2 ezmlm(R"((?m)^contact \S+@\S+; run by ezmlm$)");
  static const re2::RE2 list(R"((?m)^mailing list \S+@\S+)");
  static const re2::RE2 qmail(R"(qmail \d+ invoked (?:from network|by .{3,20})\); \d+ ... \d+)");
  HeaderTexts& headers = facts.headers();
  const std::string received = headers.get("Received");
  if (content.field("Mailing-List") != nullptr && matches(ezmlm, headers.get("Mailing-List")) &&
      matches(list, headers.get("Delivered-To")) && matches(qmail, received)) {
    return true;
  }
  return received.find("from groups.msn.com (") != std::string::npos;
}

double gated_through_received_hdr_remover(MessageFacts& facts, const EvalArguments&) {
  return lost_received(facts);
}

double check_illegal_chars(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string name(text_argument(arguments, 0));
  const std::string text = facts.headers().get(name + ":raw");
  if (trimmed(text).empty()) return 0;
  const auto is_control = [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet <= 0x08 || octet == 0x0b || octet == 0x0c || (octet >= 0x0e && octet <= 0x1f);
  };
  const auto is_high = [](char c) { return static_cast<unsigned char>(c) >= 0x7f; };
  const auto controls = std::count_if(text.begin(), text.end(), is_control);
  if (!is_ascii(text) && is_utf8(text) && controls == 0) return 0;
  auto illegal = controls + std::count_if(text.begin(), text.end(), is_high);
  if (equals_ignoring_case(name, "subject")) {
    const auto exempt = std::count_if(
        text.begin(), text.end(), [](char c) { return c == '\xa2' || c == '\xa3' || c == '\xae'; });
    if (exempt == 1) --illegal;
  }
  return static_cast<double>(illegal) / static_cast<double>(text.size()) >=
             number_argument(arguments, 1, 0) &&
         static_cast<double>(illegal) >= number_argument(arguments, 2, 0);
}

// All Received values, white space as single spaces.
std::string received_in_a_line(MessageFacts& facts) {
  std::string text;
  for (const char c : facts.headers().get("Received")) {
    if (!is_ascii_space(c)) {
      text += c;
    } else if (text.empty() || text.back() != ' ') {
      text += ' ';
    }
  }
  return text;
}

double check_for_fake_aol_relay_in_rcvd(MessageFacts& facts, const EvalArguments&) {
  static const re2::RE2 relay(R"((?i) rly-[a-z][a-z]\d\d\.)");
  static const re2::RE2 genuine(R"(/AOL-\d+\.\d+\.\d+\)|ESMTP id (?:RELAY|MAILRELAY|MAILIN))");
  const std::string received = received_in_a_line(facts);
  return matches(relay, received) && !matches(genuine, received);
}

bool has_address_in(MessageFacts& facts, const char* field) {
  static const re2::RE2 address(R"(\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:]+)");
  return matches(address, facts.headers().get(field));
}

enum class Hotmail { fine, forged, absent };

Hotmail hotmail(MessageFacts& facts) {
  const std::string received = received_in_a_line(facts);
  if (received.find("from mail pickup service by hotmail.com with Microsoft SMTPSVC;") !=
          std::string::npos ||
      lost_received(facts)) {
    return Hotmail::fine;
  }
  const bool has_ip = has_address_in(facts, "X-Originating-Ip");
  const std::string organisation = facts.headers().get("X-OriginatorOrg");
  const bool known = organisation.find("hotmail.com") != std::string::npos ||
                     organisation.find("msonline-outlook") != std::string::npos;
  static const re2::RE2 outlook(
      R"(from \S*\.outbound\.protection\.outlook\.com \(\S+\.outbound\.protection\.outlook\.com[ )])"
      R"(|from \S*\.(?:eur|nam)prd\d+\.prod\.outlook\.com \([0-9a-fA-F:.]+\))");
  static const re2::RE2 genuine(
      R"(from (?:\S*\.)?hotmail.com \(\S+\.hotmail(?:\.msn)?\.com[ )])"
      R"(|from \S*\.hotmail.com \(\[[0-9a-fA-F:.]+\][ ):])"
      R"(|from \S+ by \S+\.hotmail(?:\.msn)?\.com with HTTP;|from \[66\.218.\S+\] by \S+\.yahoo\.com)");
  if ((known && matches(outlook, received)) || (has_ip && matches(genuine, received))) {
    return Hotmail::fine;
  }
  static const re2::RE2 claimed(R"((?:from |HELO |helo=)\S*hotmail\.com\b)");
  if (matches(claimed, received)) return Hotmail::forged;
  return ends_with(facts.headers().first("From:addr"), "hotmail.com") ? Hotmail::absent
                                                                      : Hotmail::fine;
}

double check_for_forged_hotmail_received_headers(MessageFacts& facts, const EvalArguments&) {
  return hotmail(facts) == Hotmail::forged;
}

double check_for_no_hotmail_received_headers(MessageFacts& facts, const EvalArguments&) {
  return hotmail(facts) == Hotmail::absent;
}

double check_for_forged_eudoramail_received_headers(MessageFacts& facts, const EvalArguments&) {
  if (!ends_with(facts.headers().first("From:addr"), "eudoramail.com")) return 0;
  if (lost_received(facts)) return 0;
  static const re2::RE2 genuine(R"(by \S*whowhere.com;)");
  return !(matches(genuine, received_in_a_line(facts)) && has_address_in(facts, "X-Sender-Ip"));
}

double check_for_forged_yahoo_received_headers(MessageFacts& facts, const EvalArguments&) {
  const std::string from = facts.headers().first("From:addr");
  if (!ends_with(from, "yahoo.com") || lost_received(facts)) return 0;
  static const re2::RE2 relay(R"( rdns=\S+\.yahoo\.com )");
  const Relays& relays = facts.relays();
  const std::vector<Relay> newest(relays.untrusted.begin(),
                                  relays.untrusted.begin() + (relays.untrusted.empty() ? 0 : 1));
  if (matches(relay, to_string(relays.trusted)) || matches(relay, to_string(newest))) return 0;
  static const re2::RE2 genuine(
      R"(by web\S+\.mail\S*\.yahoo\.com via HTTP|by sonic\S+\.consmr\.mail\S*\.yahoo\.com with HTTP)"
      R"(|by smtp\S+\.yahoo\.com with SMTP)"
      R"(|from \[[0-9a-fA-F:.]+\] by \S+\.(?:groups|scd|dcn)\.yahoo\.com with NNFMP)"
      R"(|by \w+\.\w+\.yahoo\.com \(\d+\.\d+\.\d+/\d+\.\d+\.\d+\)(?: with ESMTP)? id \w+)");
  std::string received = received_in_a_line(facts);
  HeaderTexts& headers = facts.headers();
  if (!headers.get("Resent-From").empty() && !headers.get("Resent-To").empty()) {
    const std::string other = headers.get("X-Received");
    if (!other.empty()) received = other;
  }
  if (matches(genuine, received)) return 0;
  static const re2::RE2 bulk(R"(\bmailer\d+\.bulk\.scd\.yahoo\.com\b)");
  return !(matches(bulk, received) && ends_with(from, "@reply.yahoo.com"));
}

double check_for_forged_juno_received_headers(MessageFacts& facts, const EvalArguments&) {
  HeaderTexts& headers = facts.headers();
  if (!ends_with(headers.first("From:addr"), "juno.com") || lost_received(facts)) return 0;
  const std::string mailer = headers.get("X-Mailer");
  const std::string received = headers.get("Received");
  static const re2::RE2 juno(R"(from.*\b(?:juno|untd)\.com.*[\[(][0-9a-fA-F:.]+[\])].*by)");
  static const re2::RE2 cookie(R"( cookie\.(?:juno|untd)\.com )");
  if (!headers.get("X-Originating-IP").empty()) {
    if (!matches(juno, received) && !matches(cookie, received)) return 1;
    return mailer.find("Juno ") == std::string::npos;
  }
  return 1;
}

double check_for_forged_gmail_received_headers(MessageFacts& facts, const EvalArguments&) {
  HeaderTexts& headers = facts.headers();
  if (!ends_with(headers.first("From:addr"), "gmail.com")) return 0;
  static const re2::RE2 passed(
      R"(by 10\.\S+ with SMTP id \S+|by 2002:a\d\d:\w+:\S+ with SMTP id \S+)");
  static const re2::RE2 sent(R"(by smtp\.googlemail\.com with ESMTPSA id \S+)");
  if (matches(passed, headers.get("X-Received")) || matches(sent, headers.get("Received")))
    return 0;
  constexpr std::size_t shortest = 60;
  return !(headers.get("X-Gm-Message-State").size() >= shortest &&
           headers.get("X-Google-Smtp-Source").size() >= shortest);
}

double check_for_matching_env_and_hdr_from(MessageFacts& facts, const EvalArguments&) {
  HeaderTexts& headers = facts.headers();
  return equals_ignoring_case(headers.first("EnvelopeFrom:addr"), headers.first("From:addr"));
}

// Last two labels of the domain in an address.
std::string short_domain(std::string_view address) {
  const std::size_t sign = address.rfind('@');
  if (sign == std::string_view::npos) return {};
  std::string_view domain = address.substr(sign + 1);
  const std::size_t last = domain.rfind('.');
  const std::size_t before =
      last == std::string_view::npos || last == 0 ? last : domain.rfind('.', last - 1);
  if (before != std::string_view::npos && before > 0 && last + 1 < domain.size() &&
      before + 1 < last) {
    domain.remove_prefix(before + 1);
  }
  return ascii_lowered(domain);
}

double check_equal_from_domains(MessageFacts& facts, const EvalArguments&) {
  const std::string from = short_domain(facts.headers().first("From:addr"));
  const std::string envelope = short_domain(facts.headers().first("EnvelopeFrom:addr"));
  return !from.empty() && !envelope.empty() && from != envelope;
}

struct Recipients {
  bool sorted = false;
  double similar = 0;
};

Recipients compare_recipients(MessageFacts& facts) {
  constexpr std::size_t least_similar = 5, least_sorted = 7, most = 256;
  std::vector<std::string> addresses;
  for (const char* field : {"ToCc:addr", "Bcc:addr"}) {
    const std::string all = facts.headers().get(field);
    for (const std::string_view address : split(all, '\n')) {
      if (address.empty() || addresses.size() == most) continue;
      if (!addresses.empty() && equals_ignoring_case(addresses.back(), address)) continue;
      addresses.emplace_back(address);
    }
    if (addresses.size() >= least_similar) break;
  }
  Recipients found;
  found.sorted =
      addresses.size() >= least_sorted && std::is_sorted(addresses.begin(), addresses.end());
  if (addresses.size() < least_similar) return found;
  std::size_t hits = 0, pairs = 0;
  const auto host = [](const std::string& address) {
    return address.substr(std::min(address.find('@'), address.size() - 1) + 1);
  };
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    for (std::size_t j = i + 1; j < addresses.size(); ++j) {
      ++pairs;
      if (addresses[i].substr(0, 2) == addresses[j].substr(0, 2)) ++hits;
      const std::string a = host(addresses[i]), b = host(addresses[j]);
      if (a.substr(0, 2) == b.substr(0, 2) && a != b) ++hits;
    }
  }
  found.similar = static_cast<double>(hits) / static_cast<double>(pairs);
  return found;
}

double sorted_recipients(MessageFacts& facts, const EvalArguments&) {
  return compare_recipients(facts).sorted;
}

double similar_recipients(MessageFacts& facts, const EvalArguments& arguments) {
  const double similar = compare_recipients(facts).similar;
  return similar >= number_argument(arguments, 0, -endless) &&
         similar < number_argument(arguments, 1, endless);
}

double check_for_missing_to_header(MessageFacts& facts, const EvalArguments&) {
  return facts.content().field("To") == nullptr &&
         facts.content().field("Apparently-To") == nullptr;
}

std::optional<double> time_of(std::string_view date) {
  const auto time = parse_date(date);
  if (!time) return std::nullopt;
  return static_cast<double>(time->time_since_epoch().count());
}

std::vector<double> find_received_times(MessageFacts& facts) {
  static const re2::RE2 date(R"((\s.?\d+ \S\S\S \d+ \d+:\d+:\d+ \S+))");
  std::vector<double> times;
  const std::string received = facts.headers().get("Received");
  for (const std::string_view line : split(received, '\n')) {
    std::string found;
    if (!re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), date, &found)) continue;
    if (const auto time = time_of(found)) times.push_back(*time);
  }
  return times;
}

const std::vector<double>& received_times(MessageFacts& facts) {
  using Times = std::vector<double>;
  return facts.remembered<Times>([&facts] { return find_received_times(facts); });
}

// Seconds between the Date and the nearest Received; 0 where one of them is missing.
double find_date_difference(MessageFacts& facts) {
  std::optional<double> written;
  for (const char* field : {"Resent-Date", "Date"}) {
    const std::string dates = facts.headers().get(field);
    for (const std::string_view line : split(dates, '\n')) {
      written = time_of(line);
      if (written) break;
    }
    if (written) break;
  }
  if (!written) return 0;
  std::vector<double> times = received_times(facts);
  if (times.size() > 1 && times.back() == *written) times.pop_back();
  if (times.empty()) return 0;
  double nearest = *written - times[0];
  for (const double time : times) {
    if (std::abs(*written - time) < std::abs(nearest)) nearest = *written - time;
  }
  return nearest;
}

struct DateDifference {
  double seconds = 0;
};

double check_for_shifted_date(MessageFacts& facts, const EvalArguments& arguments) {
  constexpr double hour = 3600;
  const double difference = facts
                                .remembered<DateDifference>([&facts] {
                                  return DateDifference{find_date_difference(facts)};
                                })
                                .seconds;
  return difference >= hour * number_argument(arguments, 0, -endless) &&
         difference < hour * number_argument(arguments, 1, endless);
}

double subject_is_all_caps(MessageFacts& facts, const EvalArguments&) {
  const std::string value = facts.headers().get("Subject");
  std::string_view subject = trimmed(value);
  static const re2::RE2 replies(R"((?i)^(?:(?:Re|Fwd|Fw|Aw|Antwort|WG|SV|VB|VS|VL):\s*)+)");
  re2::StringPiece rest(subject.data(), subject.size());
  re2::RE2::Consume(&rest, replies);
  subject = {rest.data(), rest.size()};
  if (std::none_of(subject.begin(), subject.end(), is_ascii_space) || subject.size() < 10) return 0;
  static const re2::RE2 caseless(
      R"((?i)=\?(?:koi8|windows-1251|cp1251|iso-8859-5|iso-2022|big5|gb|euc|shift|ks_c)[^?]*\?)");
  if (matches(caseless, facts.headers().get("Subject:raw"))) return 0;
  const bool letters = std::any_of(subject.begin(), subject.end(), is_ascii_alpha);
  return letters &&
         std::none_of(subject.begin(), subject.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

std::string_view without_spaces(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_ascii_space(text[at])) ++at;
  return text.substr(at);
}

// A text without the line end that it may have.
std::string_view trimmed_line(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

// "re: NAME" and "fw: dear NAME".
bool answers_name(std::string_view subject, std::string_view name) {
  if (!starts_with_ignoring_case(subject, "re:") && !starts_with_ignoring_case(subject, "fw:")) {
    return false;
  }
  const std::string_view rest = without_spaces(subject.substr(3));
  if (equals_ignoring_case(rest, name)) return true;
  const auto is_word = [](char c) { return is_ascii_alnum(c) || c == '_'; };
  std::size_t word = 0;
  while (word < rest.size() && is_word(rest[word])) ++word;
  const std::string_view behind = without_spaces(rest.substr(word));
  return word > 0 && behind.size() < rest.size() - word && equals_ignoring_case(behind, name);
}

// "NAME, look", "NAME!", "NAME", ", NAME!".
bool begins_with_name(std::string_view subject, std::string_view name) {
  constexpr std::string_view signs = ",:;!?-";
  if (equals_ignoring_case(subject, name) || answers_name(subject, name)) return true;
  if (subject.substr(0, name.size()) == name) {
    const std::string_view rest = without_spaces(subject.substr(name.size()));
    return !rest.empty() && signs.find(rest[0]) != signs.npos &&
           (rest.size() == 1 || is_ascii_space(rest[1]));
  }
  if (subject.empty() || subject[0] != ',') return false;
  const std::string_view rest = without_spaces(subject.substr(1));
  return rest.size() == name.size() + 1 && signs.find(rest.back()) != signs.npos &&
         starts_with_ignoring_case(rest, name);
}

// The recipient's name begins the subject: "fred, look", "Re: fred".
double check_for_to_in_subject(MessageFacts& facts, const EvalArguments& arguments) {
  const std::string to = facts.headers().first("To:addr");
  if (to.empty()) return 0;
  const std::string subject = facts.headers().get("Subject");
  if (text_argument(arguments, 0) == "address") {
    return find_ignoring_case(subject, to) != std::string_view::npos;
  }
  return begins_with_name(trimmed_line(subject), std::string_view(to).substr(0, to.find('@')));
}

// Outlook makes its ids of the time; one that does not fit the Date is made up.
double check_outlook_message_id(MessageFacts& facts, const EvalArguments&) {
  static const re2::RE2 form(R"(^<[0-9a-f]{4}([0-9a-f]{8})\$[0-9a-f]{8}\$[0-9a-f]{8}@)");
  std::string token;
  if (!re2::RE2::PartialMatch(facts.headers().get("MESSAGEID"), form, &token)) return 0;
  const auto value = parse_hex(token);
  if (!value) return 0;
  constexpr double fudge = 250;
  const auto off = [&](double time) {
    return std::abs(static_cast<double>(*value) -
                    std::floor(time * 0.0023283064365387 + 27111902.8329849));
  };
  if (off(time_of(facts.content().value("Date")).value_or(0)) < fudge) return 0;
  const std::vector<double>& times = received_times(facts);
  return off(times.empty() ? 0 : times[0]) >= fudge;
}

double check_header_count_range(MessageFacts& facts, const EvalArguments& arguments) {
  std::set<std::string_view> values;
  const auto& fields = facts.content().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (equals_ignoring_case(fields[i].name, text_argument(arguments, 0))) {
      values.insert(facts.headers().decoded(i));
    }
  }
  const auto count = static_cast<double>(values.size());
  return count >= number_argument(arguments, 1, 0) &&
         count <= number_argument(arguments, 2, endless);
}

double check_unresolved_template(MessageFacts& facts, const EvalArguments&) {
  static const re2::RE2 placeholder(R"(%[A-Z][A-Z_-])");
  static const re2::RE2 exempt(
      R"((?i)^(?:X-VMS-To|X-UIDL|X-Face|To|Cc|From|Subject|References|In-Reply-To)"
      R"(|(?:X-|Resent-|X-Original-)?Message-Id)$)");
  const auto& fields = facts.content().fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (matches(placeholder, facts.headers().decoded(i)) && !matches(exempt, fields[i].name)) {
      return 1;
    }
  }
  return 0;
}

double check_ratware_name_id(MessageFacts& facts, const EvalArguments&) {
  static const re2::RE2 form(R"(<[A-Z]{28}\.([^>]+?)>)");
  std::string name;
  if (!re2::RE2::PartialMatch(facts.headers().get("MESSAGEID"), form, &name)) return 0;
  const std::string from = facts.headers().get("From");
  const std::size_t at = from.find("<" + name + ">");
  return at != std::string::npos && from.find('"') < at &&
         trimmed(from.substr(0, at)).back() == '"';
}

// "domain.user@" as envelope sender for user@domain.
double check_ratware_envelope_from(MessageFacts& facts, const EvalArguments&) {
  const std::string to = facts.headers().first("To:addr");
  const std::string from = facts.headers().first("EnvelopeFrom:addr");
  const std::size_t sign = to.find('@');
  if (from.empty() || sign == std::string::npos || sign == 0) return 0;
  if (starts_with_ignoring_case(from, "SRS")) return 0;
  const TopDomains& domains = facts.settings().domains;
  const std::string_view domain = domains.registered(std::string_view(to).substr(sign + 1));
  if (!domains.is_valid(domain)) return 0;
  const std::size_t at = find_ignoring_case(from, domain);
  if (at == std::string_view::npos || (at > 0 && is_ascii_alnum(from[at - 1]))) return 0;
  const std::size_t user = at + domain.size() + 1;
  return user < from.size() &&
         starts_with_ignoring_case(std::string_view(from).substr(user), to.substr(0, sign + 1));
}

}  // namespace

void append_header_functions(EvalTable& table) {
  table.insert(
      table.end(),
      {{"gated_through_received_hdr_remover", gated_through_received_hdr_remover},
       {"check_illegal_chars", check_illegal_chars},
       {"check_for_fake_aol_relay_in_rcvd", check_for_fake_aol_relay_in_rcvd},
       {"check_for_forged_hotmail_received_headers", check_for_forged_hotmail_received_headers},
       {"check_for_no_hotmail_received_headers", check_for_no_hotmail_received_headers},
       {"check_for_forged_eudoramail_received_headers",
        check_for_forged_eudoramail_received_headers},
       {"check_for_forged_yahoo_received_headers", check_for_forged_yahoo_received_headers},
       {"check_for_forged_juno_received_headers", check_for_forged_juno_received_headers},
       {"check_for_forged_gmail_received_headers", check_for_forged_gmail_received_headers},
       {"check_for_matching_env_and_hdr_from", check_for_matching_env_and_hdr_from},
       {"check_equal_from_domains", check_equal_from_domains},
       {"sorted_recipients", sorted_recipients},
       {"similar_recipients", similar_recipients},
       {"check_for_missing_to_header", check_for_missing_to_header},
       {"check_for_shifted_date", check_for_shifted_date},
       {"subject_is_all_caps", subject_is_all_caps},
       {"check_for_to_in_subject", check_for_to_in_subject},
       {"check_outlook_message_id", check_outlook_message_id},
       {"check_header_count_range", check_header_count_range},
       {"check_unresolved_template", check_unresolved_template},
       {"check_ratware_name_id", check_ratware_name_id},
       {"check_ratware_envelope_from", check_ratware_envelope_from}});
}

}  // namespace postern
