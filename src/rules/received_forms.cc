#include "rules/received_forms.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "rules/literal_scanner.h"
#include "rules/needed_literals.h"

namespace postern {

namespace {

// In a pattern %I is an address, %H the name in HELO, %R the name that the DNS gives, %B the
// receiver, %U the answer of ident, %S a comment with "helo=" or "ident=" in it.
// The first that matches counts, so special ones come before general ones.
constexpr HopForm forms[] = {
    {"Mail authenticated user ", R"(^.*?%I\b.{10,80}by %B with HTTP)"},
    {"(WebMailUI)", R"(^.*?%I by %B \(\[?[0-9.]+\]?\) with HTTP \(WebMailUI\))"},
    {" SMTPSVC", R"(^(?P<helo>\S*) \(\[%I\][^)]{0,40}\) by %B with Microsoft SMTPSVC)"},
    {" SMTPSVC", R"(^mail pickup service by \S+ with Microsoft SMTPSVC$)", HopForm::Kind::skip},
    {"mapi id ",
     R"(^%H \(\[?%I(?:%[A-Z0-9._~-]*)?\]?\) by (?P<by>\S+) .*with (?P<noid>mapi id) [0-9.]+(?:$| ))"},
    {" with Microsoft SMTP Server",
     R"(^%H \(\[?%I(?:%[A-Z0-9._~-]*)?\]?\) by (?P<by>\S+) .*with (?P<noid>Microsoft SMTP Server) (?:\([^)]+\) )?\d+\.\d+\.\d+\.\d+(?:$| ))"},
    {"[XMail ", R"(^%H \(\[?%I\]?:\d+\) by %B(?: \(\S+\))? with \[XMail)"},
    {"(ecelerity", R"(^\(\[%I:\d+\] helo=%H\) by %B )"},
    {"(ecelerity", R"(^\S+ \(\[%I:\d+\]\) by %B )"},
    {"Exim", R"(.*\bwith local(?:-\S+)? )", HopForm::Kind::skip},
    {"Exim", R"(^\[%I\] \(%S\) by %B )"},
    {"Exim", R"(^%R \(\[%I\]%S\) by %B )", HopForm::Kind::relay, false, true},
    {"Exim", R"(^%R \[%I\](?::\d+)? by %B )", HopForm::Kind::relay, false, true},
    {"Exim", R"(^%R (?:.* )?\((?P<helo>\S+)\) (?:.* )?\[%I(?:\.\d+)?\] (?:.* )?by %B )"},
    {"Exim", R"(^%R (?:.* )?\[%I(?:\.\d+)?\] (?:.* )?by %B )"},
    {" (Postfix) with", R"(^%H \(%R ?\[%I\]\) by %B )", HopForm::Kind::relay, true},
    {"(Scalix SMTP Relay", R"(^%H \( ?%I\) by %B)"},
    {" (Lotus Domino ", R"(^%H \(\[%I\]\) by %B \(Lotus)"},
    {"with HTTP", R"(^%I \(\[[0-9A-Fa-f:.]+\]\) by %B)"},
    {"", R"(^%H \(%R \[%I\].*\) by %B \()", HopForm::Kind::relay, true},
    {"", R"(^%H \(%R \[%I\]\) by %B with \S+ \()", HopForm::Kind::relay, true},
    {" helo=", R"(^%R \(\[%I\] helo=%H\) by %B with )"},
    {"<unknown", R"(^%H \(<unknown\S*>\[%I\]\) by %B )"},
    {"", R"(^%H \((?P<rdns>\S+\.\S+)\[%I\]\) by %B )", HopForm::Kind::relay, true},
    {"@[", R"(^%H \(%U@\[%I\].*\) by %B \()", HopForm::Kind::relay, true},
    {"hotmail.msn.com ", R"(^(?:%I )?.*by (?P<by>\S+\.hotmail\.msn\.com) )"},
    {"(qpsmtpd/",
     R"(^%R \((?:HELO|EHLO) (?P<helo>\S*)\) \(%I\) by %B \(qpsmtpd/\S+\) with E?SMTP)"},
    {"(LHLO ", R"(^%R \(LHLO (?P<helo>\S*)\) \(%I\) by %B with LMTP)"},
    {"", R"(^%R \((?:HELO|EHLO) (?P<helo>\S*)\) \[%I\] by %B \([^)]+\) with E?SMTP)"},
    // qmail and its patches
    {"",
     R"(^%R \((?:HELO|EHLO) (?P<helo>[^ ()]*)\) \(%U@\[?%I\]?\)(?: \(envelope-sender <\S+>\))? by %B(?: \(.+\))* with (?:.* )?(?:SMTP|QMQP)(?:$|[^ ]| (?:$|[^i])))",
     HopForm::Kind::relay, true, false, false},
    {"",
     R"(^%R \((?:HELO|EHLO) (?P<helo>[^ ()]*)\) \(\[?%I\]?\)(?: \(envelope-sender <\S+>\))? by %B(?: \(.+\))* with (?:.* )?(?:SMTP|QMQP)(?:$|[^ ]| (?:$|[^i])))",
     HopForm::Kind::relay, true, false, false},
    {"",
     R"(^%R \(%U@\[?%I\]?\)(?: \(envelope-sender <\S+>\))? by %B(?: \(.+\))* with (?:.* )?(?:SMTP|QMQP)(?:$|[^ ]| (?:$|[^i])))",
     HopForm::Kind::relay, true, true, false},
    {"",
     R"(^%R \(\[?%I\]?\)(?: \(envelope-sender <\S+>\))? by %B(?: \(.+\))* with (?:.* )?(?:SMTP|QMQP)(?:$|[^ ]| (?:$|[^i])))",
     HopForm::Kind::relay, true, true, false},
    {" via HTTP", R"(^\[%I\] by %B via HTTP$)"},
    {"( [", R"(^\S+ \( \[%I\]\).*? by %B )"},
    {"", R"(^\(%H \[%I\]\) by %B )"},
    {"", R"(^\[%I\] by %B )"},
    {"", R"(^ ?\(\[?%I\]?\) by %B )"},
    {"", R"(^%H \[%I\] by %B \[[0-9A-Fa-f:.]+\] with )", HopForm::Kind::relay, true},
    {"[(", R"(^%H \[\(%I\)\] by %B \([0-9A-Fa-f:.]+\) )"},
    {"", R"(^%H \(\[%I\]\) by %B \()", HopForm::Kind::relay, true},
    {"", R"(^%H \(softdnserr \[%I\]\).*? by (?P<by>\S+)\b)"},
    {"", R"(^%H \(%R \[%I\]\).*? by (?P<by>\S+)\b)", HopForm::Kind::relay, true},
    {"", R"(^%H \(\[%I(?:[.:]\d+)?\]\).*? by %B )", HopForm::Kind::relay, true},
    {"with ", R"(.*with (?:POP3|IMAP))", HopForm::Kind::fetched},
    {"", R"(^%R \((?:HELO|EHLO) (?P<helo>[^)]*)\) \((?:(?P<ident>\S*)@)?\[?%I\]?\).* by %B )",
     HopForm::Kind::relay, true},
    {"", R"(^%R \((?:(?P<ident>\S*)@)?\[?%I\]?\).* by %B )", HopForm::Kind::relay, true, true},
    {" via smap ", R"(^(?P<rdns>[^\s(]+)\(%I\) by %B via smap )", HopForm::Kind::relay, true},
    {" via smap ", R"(^(?P<rdns>[^\s(]+)\(%I, (?:HELO|EHLO) (?P<helo>\S*)\) by %B via smap )",
     HopForm::Kind::relay, true},
    {"", R"(^%I by %B \((?:SMTPL|InterScan)\b)"},
    {" with BSMTP", R"(^\S+ by \S+ with BSMTP)", HopForm::Kind::skip},
    {"", R"(^%R \((?:HELO|EHLO) (?P<helo>\S*)\) \((?:(?P<ident>\S+)@)?%I.*?\) by %B with )",
     HopForm::Kind::relay, true},
    {"", R"(^\[%I\] \((?:account \S+ )?(?:HELO|EHLO) (?P<helo>\S*)\) by %B \()"},
    {"(CommuniGate Pro", R"(^%R \(\[%I\] verified\) by %B \()", HopForm::Kind::relay, true, true},
    {"", R"(^(?P<helo>[^\d]\S+) \(%I\) by %B )"},
    {"(Content Technologies ", R"(^\S+ \(\S+\) by \S+ \(Content Technologies )",
     HopForm::Kind::skip},
    {"] [", R"(^%H \(\[%I\] \[\S+\]\) by %B with )"},
    {"", R"(^%I by %B with )"},
    {"", R"(^\[%I\]\S+ \((?:HELO|EHLO) (?P<helo>\S*)\) by %B )"},
    {"", R"(^%I \((?:HELO|EHLO) (?P<helo>\S*)\) by %B )"},
    {"", R"(^%H \[%I\] by %B )"},
    {"", R"(^(?P<rdns>[^\s(]+)\(%I\) by %B )"},
    {"(unverified ", R"(^%H \(unverified \[%I\]\) by %B )"},
    {"", R"(^%I \([A-Za-z][^)]+\) by %B with )"},
    {"", R"(^\[%I\] \(%S\) by %B )"},
    {"", R"(^%R \((?:\S+@)?%I\) by %B with )"},
    {" via ",
     R"~(^(?P<rdns>[^\s(]+)\(%I\)(?:, claiming to be "(?P<helo>\S+)")? via \S+ by (?P<by>\S+),)~",
     HopForm::Kind::relay, true},
    {" with login)", R"(^%H \(\S+@%I with login\) by (?P<by>\S+\.yahoo\.com) with SMTP)"},
    {"X-Originating-IP", R"(^X-Originating-IP: %I$)"},
    // Hops inside a machine, and those that do not say enough; they do not break the chain.
    {"", R"(^\S+ \([^\s@]+@(?:localhost|127\.0\.0\.1)\S*\) by \S+ \()", HopForm::Kind::skip},
    {"", R"(^\S+ \S+ by \S+ with local-e?smtp )", HopForm::Kind::skip},
    {"", R"(^127\.0\.0\.1 \(AVG SMTP \S+ \[\S+\]\))", HopForm::Kind::skip},
    {"@", R"(^\S+@\S+ by \S+ )", HopForm::Kind::skip},
    {"", R"(^Unknown/Local \()", HopForm::Kind::skip},
    {"",
     R"(^(?:localhost(?:\.localdomain)?|127\.0\.0\.1) \((?:\S+@)?(?:localhost(?:\.localdomain)?|127\.0\.0\.1)[)\[])",
     HopForm::Kind::skip},
    {"", R"(^\S+ \((?:\S+@)?(?:localhost(?:\.localdomain)?|127\.0\.0\.1)\) )", HopForm::Kind::skip},
    {"", R"(^\S+ \(\S+@\S+ \[(?:localhost|127\.0\.0\.1)\]\) )", HopForm::Kind::skip},
    {"", R"(^\(AUTH: \S+\) by \S+ with )", HopForm::Kind::skip},
    {"", R"(^localhost \(localhost \[\[UNIX: localhost\]\]\) by )", HopForm::Kind::skip},
    {"", R"(^[^.]+ by \S+ with Novell_GroupWise)", HopForm::Kind::skip},
    {"", R"(^\S+ by \S+ \(.{0,100}\) with qmail-scanner)", HopForm::Kind::skip},
    {"", R"(^\S+ by \S+ with local)", HopForm::Kind::skip},
    {"", R"(^\S+ \(\[unix socket\]\) by \S+ \(Cyrus v[0-9.]*\) with LMTPA)", HopForm::Kind::skip},
    {"", R"(^\S+ by \S+ (?:with|via|for|\())", HopForm::Kind::skip},
    {"", R"(^\S+ (?:(?:with|via|for) \S+|\(unverified\)) by\b)", HopForm::Kind::skip},
    {"", R"(^\S+ \(unknown\) by \S+ \(SG\) with \b)", HopForm::Kind::skip},
    {"", R"(^\S+ \(\S+ \[local\]\) by \S+ \(OpenSMTPD\) with \b)", HopForm::Kind::skip},
    {"", R"(.*\(LSMTP for)", HopForm::Kind::skip},
    {"", R"(^\(\[(?:localhost|127\.0\.0\.1)\]\) with MailEnable )", HopForm::Kind::skip},
    {"", R"(^facebook\.com \([^)]+\) by facebook\.com with Thrift id \S+$)", HopForm::Kind::skip},
    {"", R"(^\S+ named \S+ by gmailapi\.google\.com with HTTPREST$)", HopForm::Kind::skip},
    {"", R"(^\S+ id \S+$)", HopForm::Kind::skip},
};

std::string expanded(std::string_view form) {
  std::string pattern;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char next = form[i] == '%' && i + 1 < form.size() ? form[i + 1] : '\0';
    switch (next) {
      case 'I': pattern += fmt::format("(?P<ip>{})", address_pattern); break;
      case 'H': pattern += R"((?P<helo>\S+))"; break;
      case 'R': pattern += R"((?P<rdns>\S+))"; break;
      case 'B': pattern += R"((?P<by>\S+))"; break;
      case 'U': pattern += R"((?P<ident>\S*))"; break;
      case 'S': pattern += R"((?P<sub>.*?))"; break;
      default: pattern += form[i]; continue;
    }
    ++i;
  }
  return pattern;
}

// The forms, compiled. A field is short and unlike the last: finding out by literals which forms it
// may have and trying these one by one is faster than an automaton of all of them, whose states
// would be new for each field.
class Forms {
 public:
  Forms() {
    std::vector<std::string> literals;
    for (std::size_t index = 0; index < std::size(forms); ++index) {
      const std::string pattern = expanded(forms[index].pattern);
      regexes_.push_back(std::make_unique<re2::RE2>(pattern, options()));
      std::uint8_t bit = 1;
      all_clauses_.push_back(0);
      for (const LiteralClause& clause : needed_literals(pattern, options())) {
        for (const std::string& literal : clause) {
          literals.push_back(literal);
          needs_.push_back({static_cast<std::uint32_t>(index), bit});
        }
        all_clauses_.back() |= bit;
        bit = static_cast<std::uint8_t>(bit << 1);
      }
    }
    scanner_ = std::make_unique<LiteralScanner>(std::move(literals));
  }

  // The first form that matches, with its groups by name in `take`; nullptr when there is none.
  const HopForm* match(std::string_view text, const TakeWord& take) const {
    std::array<std::uint8_t, std::size(forms)> met{};
    LiteralScanner::Found found(*scanner_);
    scanner_->scan(text, found);
    for (const std::uint32_t literal : found.literals()) {
      met[needs_[literal].form] |= needs_[literal].clause;
    }
    for (std::size_t index = 0; index < met.size(); ++index) {
      const HopForm& form = forms[index];
      if (met[index] != all_clauses_[index]) continue;
      if (text.find(form.needs) == std::string_view::npos) continue;
      if (matches(*regexes_[index], form.kind, text, take)) return &form;
    }
    return nullptr;
  }

 private:
  static re2::RE2::Options options() {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_max_mem(32 << 20);
    return options;
  }

  static bool matches(const re2::RE2& regex, HopForm::Kind kind, std::string_view text,
                      const TakeWord& take) {
    std::array<re2::StringPiece, 10> parts;
    const re2::StringPiece whole(text.data(), text.size());
    const int groups =
        std::min(regex.NumberOfCapturingGroups() + 1, static_cast<int>(parts.size()));
    const int count = kind == HopForm::Kind::relay ? groups : 0;
    if (!regex.Match(whole, 0, whole.size(), re2::RE2::ANCHOR_START, parts.data(), count)) {
      return false;
    }
    if (count == 0) return true;
    for (const auto& [number, name] : regex.CapturingGroupNames()) {
      const re2::StringPiece& part = parts[static_cast<std::size_t>(number)];
      if (part.data() != nullptr) take(name, std::string(part.data(), part.size()));
    }
    return true;
  }

  // What a literal is needed by.
  struct Need {
    std::uint32_t form = 0;
    std::uint8_t clause = 0;  // a bit
  };

  std::vector<std::unique_ptr<re2::RE2>> regexes_;
  std::unique_ptr<LiteralScanner> scanner_;
  std::vector<Need> needs_;                // by literal
  std::vector<std::uint8_t> all_clauses_;  // by form: the bits of its needs
};

}  // namespace

const HopForm* find_hop_form(std::string_view text, const TakeWord& take) {
  static const Forms compiled;
  return compiled.match(text, take);
}

}  // namespace postern
