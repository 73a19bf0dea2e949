// How a Pop3Client logs in: RFC 2449 section 5 (CAPA), RFC 2595 section 4 (STLS), RFC 1939 section
// 7 (USER, PASS, APOP), RFC 5034 (AUTH).
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "proto/pop3_client.h"

namespace postern {
namespace {

// An initial response goes with the command only where the line stays so short (RFC 5034
// section 4), CRLF included.
constexpr std::size_t command_limit = 255;

// Under TLS what costs least round trips and computing; in the clear what hides the password.
constexpr std::array<std::string_view, 11> usual_methods{
    "OAUTHBEARER",   "XOAUTH2",          "PLAIN",       "USER",     "LOGIN", "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "CRAM-MD5", "APOP"};
constexpr std::array<std::string_view, 11> hiding_methods{
    "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "APOP", "OAUTHBEARER",
    "XOAUTH2",       "PLAIN",       "USER",     "LOGIN"};

bool shows_secret(std::string_view method) {
  return method == "PLAIN" || method == "LOGIN" || method == "USER" || method == "XOAUTH2" ||
         method == "OAUTHBEARER";
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return result;
}

// RFC 1939 section 7: the greeting's timestamp has the form of a Message-ID. What has not that
// form may have been made to find passwords out (CVE-2007-1558).
std::string find_timestamp(std::string_view greeting) {
  const std::size_t from = greeting.find('<');
  const std::size_t to = greeting.find('>', from);
  if (from == std::string_view::npos || to == std::string_view::npos) return "";
  const std::string_view stamp = greeting.substr(from, to + 1 - from);
  const bool sound =
      std::count(stamp.begin(), stamp.end(), '@') == 1 &&
      std::all_of(stamp.begin(), stamp.end(), [](char c) { return c >= '!' && c <= '~'; });
  return sound ? std::string(stamp) : "";
}

}  // namespace

void Pop3Client::on_greeting(const Pop3Reply& reply) {
  if (reply.kind != Pop3Reply::Kind::ok) {
    const Errc kind = why_login_refused(reply, true);
    const std::string text = "the server turns us away" + quoted(reply.text);
    return fail(kind == Errc::authentication ? Errc::unavailable : kind, text);
  }
  phase_ = Phase::login;
  apop_challenge_ = find_timestamp(reply.text);
  if (options_.security == Pop3Security::stls) return send({Command::stls}, "STLS");
  ask_capabilities();
}

void Pop3Client::on_stls(const Pop3Reply& reply) {
  if (reply.kind != Pop3Reply::Kind::ok) {
    return fail(Errc::configuration, "the server does not begin TLS" + quoted(reply.text) +
                                         "; is it reached by TLS at once, on port 995?");
  }
  // Whoever put octets there would have them read as if they had come under TLS.
  if (!unread().empty()) {
    return fail(Errc::bad_data, "something was sent in the clear behind the reply to STLS");
  }
  awaits_tls_ = true;
}

void Pop3Client::ask_capabilities() {
  capabilities_ = {};
  send({Command::capa}, "CAPA");
}

// QUIRK: tags in lower case.
void Pop3Client::on_capability(std::string_view line) {
  constexpr std::size_t most_mechanisms = 64;
  const std::string text = upper(trimmed(line));
  const auto words = split(text, ' ');
  const std::string_view tag = words.front();
  if (tag == "USER") capabilities_.user = true;
  if (tag == "UIDL") capabilities_.uidl = true;
  if (tag == "TOP") capabilities_.top = true;
  if (tag == "PIPELINING") capabilities_.pipelining = true;
  if (tag == "AUTH-RESP-CODE") capabilities_.auth_resp_code = true;
  if (tag != "SASL") return;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (capabilities_.mechanisms.size() >= most_mechanisms || words[i].empty()) continue;
    capabilities_.mechanisms.emplace_back(words[i]);
  }
}

bool Pop3Client::is_listed(std::string_view mechanism) const {
  const auto& listed = capabilities_.mechanisms;
  return std::find(listed.begin(), listed.end(), mechanism) != listed.end();
}

bool Pop3Client::may_use(std::string_view method) const {
  if (shows_secret(method) && !tls_ && !options_.clear_text_login) return false;
  const bool bearer = method == "XOAUTH2" || method == "OAUTHBEARER";
  const SaslCredentials& who = options_.credentials;
  if (bearer ? who.token.empty() : who.password.empty()) return false;
  // QUIRK: those who do not list USER mostly know it all the same; it is tried.
  if (method == "USER") return true;
  if (method == "APOP") return !apop_challenge_.empty();
  // QUIRK: some servers know XOAUTH2 and do not list it.
  if (method == "XOAUTH2" && !is_listed("OAUTHBEARER")) return true;
  return is_listed(method);
}

void Pop3Client::plan_login() {
  std::vector<std::string> wanted = options_.methods;
  if (wanted.empty() && tls_) wanted.assign(usual_methods.begin(), usual_methods.end());
  if (wanted.empty()) wanted.assign(hiding_methods.begin(), hiding_methods.end());
  methods_.clear();
  for (const std::string& one : wanted) {
    const std::string method = upper(one);
    if (may_use(method)) methods_.push_back(method);
  }
  std::reverse(methods_.begin(), methods_.end());
  try_next_method();
}

void Pop3Client::fail_without_method() {
  if (!tls_ && !options_.clear_text_login) {
    return fail(Errc::configuration,
                "without TLS the server has no way to log in that hides the password; "
                "use TLS, or allow passwords in the clear for this server");
  }
  fail(Errc::configuration, "the server has no way to log in that works with what is given");
}

void Pop3Client::try_next_method() {
  const SaslCredentials& who = options_.credentials;
  secret_shown_ = false;
  while (!methods_.empty()) {
    login_method_ = std::move(methods_.back());
    methods_.pop_back();
    if (login_method_ == "USER") return send({Command::user}, "USER " + who.user);
    if (login_method_ == "APOP") {
      secret_shown_ = true;
      const std::string proof = to_hex(digest(HashKind::md5, apop_challenge_ + who.password));
      return send({Command::apop}, "APOP " + who.user + " " + proof);
    }
    const SaslTarget target{options_.host, options_.port, security_};
    exchange_ = make_sasl_client(login_method_, who, target, is_listed(login_method_ + "-PLUS"));
    if (exchange_) return begin_auth();
  }
  fail_without_method();
}

void Pop3Client::begin_auth() {
  const std::string command = "AUTH " + login_method_;
  first_response_ = exchange_->initial_response();
  if (first_response_ && !options_.two_step) {
    const std::string coded = first_response_->empty() ? "=" : base64_encode(*first_response_);
    if (command.size() + 1 + coded.size() + 2 <= command_limit) {
      wipe(*first_response_);
      first_response_.reset();
      secret_shown_ = true;
      return send({Command::auth}, command + " " + coded);
    }
  }
  send({Command::auth}, command);
}

void Pop3Client::on_auth(const Pop3Reply& reply) {
  // QUIRK: "+OK" where "+" was meant, when it cannot mean that we are logged in.
  const bool asks = reply.kind == Pop3Reply::Kind::challenge ||
                    (reply.kind == Pop3Reply::Kind::ok &&
                     (first_response_.has_value() || exchange_->has_more_to_say()));
  if (asks) return on_challenge(reply);
  in_flight_.pop_front();
  if (reply.kind == Pop3Reply::Kind::refusal) return on_login_refused(reply);
  const Result<void> proven = exchange_->finish();
  exchange_.reset();
  if (!proven) return fail(proven.error().kind(), proven.error().detail);
  begin_listing();
}

void Pop3Client::on_challenge(const Pop3Reply& reply) {
  if (first_response_) {
    output_ += base64_encode(*first_response_) + "\r\n";
    wipe(*first_response_);
    first_response_.reset();
    secret_shown_ = true;
    return;
  }
  // QUIRK: what is not base64 is text for people, in place of nothing.
  challenge_ = base64_decode(reply.text).value_or("");
  if (exchange_->is_dear()) {
    awaits_work_ = true;
  } else {
    answer_challenge();
  }
}

void Pop3Client::work() {
  if (std::exchange(awaits_work_, false)) answer_challenge();
}

void Pop3Client::answer_challenge() {
  Result<std::string> response = exchange_->respond(challenge_);
  challenge_.clear();
  if (!response) return fail(response.error().kind(), response.error().detail);
  secret_shown_ = true;
  output_ += base64_encode(*response) + "\r\n";
  wipe(*response);
}

// USER, PASS and APOP.
void Pop3Client::on_login_reply(const Pop3Reply& reply) {
  if (reply.kind != Pop3Reply::Kind::ok) return on_login_refused(reply);
  if (login_method_ == "USER" && !std::exchange(secret_shown_, true)) {
    return send({Command::pass}, "PASS " + options_.credentials.password);
  }
  begin_listing();
}

void Pop3Client::on_login_refused(const Pop3Reply& reply) {
  // A mechanism that was refused before anybody had said who wants to log in.
  const bool unheard = exchange_ != nullptr && !secret_shown_ && reply.code.empty();
  exchange_.reset();
  if (first_response_) wipe(*first_response_);
  first_response_.reset();
  if (!methods_.empty() && (unheard || is_unsupported(reply))) return try_next_method();
  const Errc kind = why_login_refused(reply, capabilities_.auth_resp_code);
  fail(kind, "the server refuses the login" + quoted(reply.text));
}

}  // namespace postern
