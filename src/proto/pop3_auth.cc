// Pop3Engine, the part of it that logs people in: USER and PASS, APOP (RFC 1939 section 7) and AUTH
// (RFC 5034).
#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/crypto.h"
#include "proto/pop3_engine.h"

namespace postern {

void Pop3Engine::reply_no_clear_text() {
  refuse("a password is not allowed on a connection in the clear, use TLS", "[SYS/PERM] ");
}

// RFC 2449 section 4, RFC 5034 section 4. QUIRK: that allows 255 octets for AUTH with its initial
// response, too, but clients put tokens there.
std::size_t Pop3Engine::line_limit(std::string_view beginning) const {
  const bool sasl = exchange_ != nullptr || starts_with_ignoring_case(beginning, "AUTH ");
  return sasl && state_ == State::authorization ? options_.sasl_line_limit : options_.line_limit;
}

void Pop3Engine::user(std::string_view argument) {
  if (!password_allowed()) return reply_no_clear_text();
  user_ = argument;
  agree("send PASS");
}

void Pop3Engine::pass(std::string_view argument) {
  if (!password_allowed()) return reply_no_clear_text();
  if (user_.empty()) return reject("USER first");
  begin_login({user_, "", PasswordProof{std::string(argument)}});
}

// A part of a line in our input: a secret stays nowhere longer than it must.
void Pop3Engine::forget_input(std::string_view part) {
  std::fill_n(input_.begin() + (part.data() - input_.data()), part.size(), '\0');
}

void Pop3Engine::apop(std::string_view argument) {
  if (apop_challenge_.empty()) return reject("APOP is not available here, use AUTH, or USER");
  const std::size_t space = argument.rfind(' ');
  if (space == std::string_view::npos) return reject("APOP needs a name and a digest");
  std::string digest = ascii_lowered(argument.substr(space + 1));
  if (digest.size() != 32 || digest.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return reject("that is no digest of 32 hexadecimal digits");
  }
  begin_login({std::string(trimmed(argument.substr(0, space))), "",
               DigestProof{DigestProof::Kind::apop, apop_challenge_, std::move(digest)}});
}

void Pop3Engine::auth(std::string_view argument) {
  if (argument.empty()) return list_mechanisms();
  const std::size_t space = std::min(argument.find(' '), argument.size());
  const std::string_view name = argument.substr(0, space);
  const std::string_view initial = trimmed(argument.substr(space));
  exchange_ = make_sasl_server(name, sasl_offer());
  if (!exchange_) {
    const bool in_the_clear = !password_allowed() && (equals_ignoring_case(name, "PLAIN") ||
                                                      equals_ignoring_case(name, "LOGIN"));
    if (in_the_clear) return reply_no_clear_text();
    return reject("that mechanism is not available; AUTH alone lists those that are");
  }
  if (initial.empty()) return perform(exchange_->begin(std::nullopt));
  // RFC 5034 section 4: "=" is an initial response without octets.
  auto octets = initial == "=" ? std::string() : base64_decode(initial);
  forget_input(initial);
  if (!octets) return perform(SaslFailure{"that is not base64"});
  perform(exchange_->begin(*octets));
  wipe(*octets);
}

// QUIRK: not in an RFC, but Outlook asks so which mechanisms there are.
void Pop3Engine::list_mechanisms() {
  agree("mechanisms follow");
  for (const std::string_view name : sasl_mechanisms(sasl_offer())) reply(name);
  reply(".");
}

// What the client answers to a challenge.
void Pop3Engine::answer(std::string_view line) {
  line = trimmed(line);
  if (std::exchange(told_refusal_, false)) return refuse_wrong_login();
  if (line == "*") {
    exchange_.reset();
    return refuse("cancelled, as you wish");
  }
  auto octets = base64_decode(line);
  forget_input(line);
  if (!octets) return perform(SaslFailure{"that is not base64"});
  perform(exchange_->respond(*octets));
  wipe(*octets);
}

void Pop3Engine::perform(SaslStep step) {
  if (const auto* challenge = std::get_if<SaslChallenge>(&step)) return ask(challenge->octets);
  if (auto* lookup = std::get_if<SaslLookup>(&step)) {
    lookup_ = std::move(*lookup);
    awaited_ = Awaited::keys;
  } else if (auto* request = std::get_if<LoginRequest>(&step)) {
    begin_login(std::move(*request));
  } else {
    // Counted as a login that failed: else AUTH and nonsense could take turns for ever.
    refuse_login(std::get<SaslFailure>(step).why);
  }
}

// The space stands there even before nothing (RFC 5034 section 4).
void Pop3Engine::ask(std::string_view challenge) { reply("+ " + base64_encode(challenge)); }

void Pop3Engine::on_keys(Result<ScramCandidates> keys) {
  awaited_ = Awaited::nothing;
  lookup_.reset();
  if (state_ == State::closed) return;  // the timer was faster
  if (keys) return perform(exchange_->on_keys(*keys));
  refuse_login("you cannot be logged in now", "[SYS/TEMP] ");
}

void Pop3Engine::begin_login(LoginRequest request) {
  login_ = std::make_unique<LoginRequest>(std::move(request));
  awaited_ = Awaited::login;
}

void Pop3Engine::forget_login() {
  if (!login_) return;
  if (auto* password = std::get_if<PasswordProof>(&login_->proof)) wipe(password->password);
  if (auto* bearer = std::get_if<BearerProof>(&login_->proof)) wipe(bearer->token);
  login_.reset();
}

void Pop3Engine::refuse_login(std::string_view text, std::string_view code) {
  exchange_.reset();
  refuse(text, code);
  if (++failed_logins_ >= options_.failed_logins_limit) closing_ = true;
}

void Pop3Engine::refuse_wrong_login() { refuse_login("wrong user name or password", "[AUTH] "); }

void Pop3Engine::on_login(Result<std::span<const Entry>> maildrop) {
  awaited_ = Awaited::nothing;
  forget_login();
  user_.clear();
  if (state_ == State::closed) return;  // the timer was faster
  if (maildrop) {
    exchange_.reset();
    entries_ = *maildrop;
    state_ = State::transaction;
    return rset({});
  }
  const Error error = maildrop.error();
  switch (error.kind()) {
    case Errc::authentication: {
      const auto told = exchange_ ? exchange_->refusal() : std::nullopt;
      if (!told) return refuse_wrong_login();
      told_refusal_ = true;
      return ask(*told);
    }
    case Errc::busy: return refuse_login("the maildrop is open in another session", "[IN-USE] ");
    case Errc::too_soon:
      return refuse_login("you logged in a moment ago, wait a little", "[LOGIN-DELAY] ");
    default:
      if (!error.temporary()) return refuse_login("the maildrop cannot be opened", "[SYS/PERM] ");
      refuse_login("the maildrop cannot be opened now", "[SYS/TEMP] ");
  }
}

}  // namespace postern
