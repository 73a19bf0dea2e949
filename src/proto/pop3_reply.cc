#include "proto/pop3_reply.h"

#include <algorithm>
#include <initializer_list>

#include "base/ascii.h"

namespace postern {
namespace {

bool has_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return find_ignoring_case(text, word) != std::string_view::npos;
  });
}

// RFC 2449 section 8: "[" resp-level *("/" resp-level) "]".
void take_code(Pop3Reply& reply) {
  if (!reply.text.starts_with('[')) return;
  const std::size_t close = reply.text.find(']');
  if (close == std::string_view::npos) return;
  reply.code = reply.text.substr(1, close - 1);
  reply.text = trimmed(reply.text.substr(close + 1));
}

bool is_throttling(std::string_view text) {
  return has_any(text,
                 {"too many", "too fast", "too often", "too frequent", "throttl", "rate limit",
                  "exceeded", "login delay", "minimum interval", "server unavailable"});
}

bool is_temporary(std::string_view text) {
  return has_any(text, {"temporar", "try again", "unavailable", "timeout", "timed out",
                        "internal error", "internal server", "system error", "maintenance"});
}

}  // namespace

Pop3Reply parse_pop3_reply(std::string_view line) {
  Pop3Reply reply;
  if (starts_with_ignoring_case(line, "+OK")) {
    reply = {Pop3Reply::Kind::ok, {}, trimmed(line.substr(3))};
    take_code(reply);
  } else if (starts_with_ignoring_case(line, "-ERR")) {
    reply = {Pop3Reply::Kind::refusal, {}, trimmed(line.substr(4))};
    take_code(reply);
  } else if (line == "+" || line.starts_with("+ ")) {
    reply = {Pop3Reply::Kind::challenge, {}, trimmed(line.substr(1))};
  } else {
    reply.text = line;
  }
  return reply;
}

Errc why_login_refused(const Pop3Reply& refusal, bool tells_wrong_logins) {
  const auto is = [&](std::string_view code) { return equals_ignoring_case(refusal.code, code); };
  if (is("AUTH")) return Errc::authentication;
  if (is("IN-USE")) return Errc::busy;
  if (is("LOGIN-DELAY")) return Errc::too_soon;
  if (is("SYS/TEMP")) return is_throttling(refusal.text) ? Errc::too_soon : Errc::unavailable;
  if (is("SYS/PERM")) return Errc::configuration;
  const std::string_view text = refusal.text;
  if (has_any(text, {"cleartext", "clear text", "plaintext", "plain text", "encrypt", "secure con",
                     "requires tls", "requires ssl", "use stls", "a stls", "an stls"})) {
    return Errc::configuration;
  }
  if (is_throttling(text)) return Errc::too_soon;
  if (has_any(text, {"account", "password", "user name", "username", "credential"}) &&
      !is_temporary(text)) {
    return Errc::authentication;
  }
  if (has_any(text, {"in use", "in-use", "lock", "busy", "already open", "another session"})) {
    return Errc::busy;
  }
  if (is_temporary(text)) return Errc::unavailable;
  return tells_wrong_logins ? Errc::unavailable : Errc::authentication;
}

Errc why_refused(const Pop3Reply& refusal) {
  if (is_throttling(refusal.text)) return Errc::too_soon;
  if (equals_ignoring_case(refusal.code, "SYS/TEMP")) return Errc::unavailable;
  return is_temporary(refusal.text) ? Errc::unavailable : Errc::no_input;
}

bool is_unsupported(const Pop3Reply& refusal) {
  if (equals_ignoring_case(refusal.code, "AUTH")) return false;
  return has_any(refusal.text,
                 {"unsupported", "not supported", "unknown", "unrecogni", "not implemented",
                  "mechanism", "syntax", "disabled", "invalid command", "bad command"}) &&
         !has_any(refusal.text, {"unknown user", "password", "account"});
}

std::string_view foreign_service(std::string_view greeting) {
  if (greeting.starts_with("220")) return "an SMTP or FTP server";
  if (greeting.starts_with("* ")) return "an IMAP server";
  if (starts_with_ignoring_case(greeting, "HTTP/")) return "a web server";
  if (greeting.starts_with("SSH-")) return "an SSH server";
  // The type octets of TLS records: alert and handshake.
  if (greeting.starts_with("\x15\x03") || greeting.starts_with("\x16\x03")) {
    return "a server that wants TLS from the first octet on";
  }
  return {};
}

}  // namespace postern
