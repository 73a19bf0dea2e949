// Statements about TLS, STLS and SASL.
#include "popcheck/check.h"

namespace popcheck {
namespace {

Outcome stls_injection(Context& context) {
  Wire wire = context.open_in_clear();
  wire.send("STLS\r\nCAPA\r\n");
  const Reply reply = wire.read_reply();
  if (!reply.ok() || !wire.start_tls()) return passed();  // refused or hung up: both are safe
  const Reply next = ask(wire, "XYZZY");
  return next.ok() ? failed("a command from the clear was obeyed under TLS: " + next.shown())
                   : passed();
}

Outcome forgets_user(Context& context) {
  Wire wire = context.open_in_clear();
  ask(wire, "USER " + context.target().user);
  if (!ask(wire, "STLS").ok() || !wire.start_tls()) return failed("no TLS: " + wire.trouble());
  const Reply reply = ask(wire, "PASS " + context.target().password);
  return reply.refused() ? passed()
                         : failed("PASS with a USER from the clear got: " + reply.shown());
}

Outcome stls_after_tls(Context& context) {
  Wire wire = context.open();
  const Reply reply = ask(wire, "STLS");
  return reply.refused() ? passed() : failed("got: " + reply.shown());
}

Outcome no_stls_in_capa(Context& context) {
  return context.can("STLS") ? failed("CAPA under TLS lists STLS") : passed();
}

Outcome handshake_with(Context& context, const TlsWish& wish, bool wanted) {
  Wire wire(context.target(), context.transcript);
  if (!wire.dial()) return failed(wire.trouble());
  if (context.target().security == Security::stls) {
    wire.read_reply();
    ask(wire, "STLS");
  }
  const bool done = wire.start_tls(wish);
  if (done == wanted) return passed();
  return failed(wanted ? wire.trouble() : "the handshake was accepted");
}

Outcome old_tls(Context& context) { return handshake_with(context, {TLS1_1_VERSION, ""}, false); }
Outcome tls_1_2(Context& context) { return handshake_with(context, {TLS1_2_VERSION, ""}, true); }
Outcome alpn(Context& context) { return handshake_with(context, {0, "pop3"}, true); }
Outcome wrong_alpn(Context& context) { return handshake_with(context, {0, "http/1.1"}, false); }

Outcome close_notify(Context& context) {
  Wire wire = context.open();
  ask(wire, "QUIT");
  if (!wire.wait_for_close()) return failed("the server did not close");
  return wire.got_close_notify() ? passed() : failed("no close_notify came");
}

Outcome without_plain() { return not_applicable("CAPA lists no SASL PLAIN"); }

std::string plain(const Target& target, const std::string& authzid = "") {
  return base64(authzid + '\0' + target.user + '\0' + target.password);
}

// AUTH PLAIN up to the challenge, which must be "+ " and nothing else (RFC 5034 section 4).
Outcome challenge(Context& context, Wire& wire) {
  if (!context.has_mechanism("PLAIN")) return without_plain();
  const Reply reply = ask(wire, "AUTH PLAIN");
  return reply.line == "+ \r\n" ? passed() : failed("the empty challenge is: " + reply.shown());
}

Outcome two_step(Context& context) {
  Wire wire = context.open();
  if (auto first = challenge(context, wire); first.result != Result::pass) return first;
  const Reply reply = ask(wire, plain(context.target()));
  return reply.ok() ? passed() : failed("got: " + reply.shown());
}

Outcome initial_response(Context& context) {
  if (!context.has_mechanism("PLAIN")) return without_plain();
  Wire wire = context.open();
  const Reply reply = ask(wire, "AUTH PLAIN " + plain(context.target()));
  return reply.ok() ? passed() : failed("got: " + reply.shown());
}

// A continuation line that must be refused, with the session alive behind it.
Outcome refused_then_capa(Context& context, const std::string& line) {
  Wire wire = context.open();
  if (auto first = challenge(context, wire); first.result != Result::pass) return first;
  const Reply reply = ask(wire, line);
  if (!reply.refused()) return failed("wanted -ERR, got: " + reply.shown());
  const Reply next = ask_multi(wire, "CAPA");
  return next.ok() ? passed() : failed("CAPA behind it got: " + next.shown());
}

Outcome cancel(Context& context) { return refused_then_capa(context, "*"); }
Outcome bad_base64(Context& context) { return refused_then_capa(context, "!!!!"); }
Outcome long_continuation(Context& context) {
  return refused_then_capa(context, base64(std::string(9000, 'x')));
}
Outcome authzid(Context& context) {
  return refused_then_capa(context, plain(context.target(), "somebody-else-popcheck"));
}

Outcome sasl_login(Context& context) {
  if (!context.has_mechanism("LOGIN")) return not_applicable("CAPA lists no SASL LOGIN");
  Wire wire = context.open();
  const Reply user = ask(wire, "AUTH LOGIN");
  if (user.line != "+ VXNlcm5hbWU6\r\n") return failed("the first challenge is: " + user.shown());
  const Reply password = ask(wire, base64(context.target().user));
  if (password.line != "+ UGFzc3dvcmQ6\r\n")
    return failed("the second challenge is: " + password.shown());
  const Reply done = ask(wire, base64(context.target().password));
  return done.ok() ? passed() : failed("got: " + done.shown());
}

Outcome bare_auth(Context& context) {
  Wire wire = context.open();
  const Reply reply = ask_multi(wire, "AUTH");
  return reply.ok() && reply.whole() ? passed() : failed("got: " + reply.shown());
}

}  // namespace

std::vector<Check> security_checks() {
  const auto row = [](const char* id, const char* source, const char* text, unsigned needs,
                      Outcome (*run)(Context&), const char* capability = nullptr) {
    return Check{id, source, text, needs, Start::special, nullptr, run, capability};
  };
  return {
      row("29", "RFC 2595 4", "CAPA under TLS does not offer STLS", tls, no_stls_in_capa),
      row("31a", "RFC 8997", "TLS 1.1 is refused", tls, old_tls),
      row("31b", "RFC 9325 3.1", "TLS 1.2 is accepted", tls, tls_1_2),
      row("32", "RFC 2595 4", "a command sent with STLS is not obeyed under TLS", clear,
          stls_injection, "STLS"),
      row("33", "RFC 2595 4", "USER before STLS is forgotten", clear, forgets_user, "STLS"),
      row("34a", "RFC 2595 4", "STLS under TLS is refused", tls, stls_after_tls),
      Check{"34b", "RFC 2595 4", "STLS after login is refused", nothing, Start::logged_in,
            "> STLS\n< -ERR\n> NOOP\n< +OK"},
      row("37a", "RFC 7301 3.2", "ALPN pop3 is accepted", tls, alpn),
      row("37b", "RFC 7301 3.2", "another ALPN is refused", tls, wrong_alpn),
      row("39", "RFC 8446 6.1", "close_notify is sent after QUIT", tls, close_notify),
      row("41", "RFC 5034 4", "AUTH PLAIN in two steps, the empty challenge is \"+ \"", nothing,
          two_step, "SASL"),
      row("43", "RFC 5034 4", "AUTH PLAIN with its initial response", nothing, initial_response,
          "SASL"),
      row("46", "RFC 5034 4", "* cancels: -ERR, the session lives", nothing, cancel, "SASL"),
      row("47", "RFC 5034 4", "bad base64: -ERR, the session lives", nothing, bad_base64, "SASL"),
      row("48", "practice", "a bare AUTH lists mechanisms", nothing, bare_auth, "SASL"),
      row("49", "RFC 4616 2", "PLAIN for somebody else is refused", nothing, authzid, "SASL"),
      row("50", "practice", "AUTH LOGIN works", nothing, sasl_login, "SASL"),
      row("52", "RFC 4954 4", "a continuation line of 12,000 octets is read", nothing,
          long_continuation, "SASL"),
  };
}

}  // namespace popcheck
