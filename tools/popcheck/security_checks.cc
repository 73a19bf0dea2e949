// Statements about TLS, STLS and SASL.
#include <openssl/x509v3.h>

#include <algorithm>

#include "popcheck/check.h"

namespace popcheck {
namespace {

Outcome stls_injection(Context& context) {
  Wire wire = context.open_in_clear();
  wire.send("STLS\r\nCAPA\r\n");
  const Reply reply = wire.read_reply();
  if (!reply.ok() || !wire.start_tls()) return passed();  // refused or hung up: both are safe
  const Reply next = ask(wire, "XYZZY-popcheck");
  if (next.line.empty() || next.refused()) return passed();
  return failed("a command from the clear was obeyed under TLS: " + next.shown());
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

// A connection up to the handshake.
Wire before_tls(Context& context) {
  Wire wire(context.target(), context.transcript);
  if (wire.dial() && context.target().security == Security::stls) {
    wire.read_reply();
    ask(wire, "STLS");
  }
  return wire;
}

Outcome handshake_with(Context& context, const TlsWish& wish, bool wanted) {
  Wire wire = before_tls(context);
  if (!wire.trouble().empty()) return failed(wire.trouble());
  const bool done = wire.start_tls(wish);
  if (done == wanted) return passed();
  return failed(wanted ? wire.trouble() : "the handshake was accepted");
}

Outcome names_choose(Context& context) {
  if (context.means().server_names.empty()) return not_applicable("needs --server-name NAME");
  for (const std::string& name : context.means().server_names) {
    Wire wire = before_tls(context);
    if (!wire.start_tls({0, "", name})) return failed(wire.trouble());
    const X509* certificate = SSL_get0_peer_certificate(wire.tls());
    if (X509_check_host(const_cast<X509*>(certificate), name.c_str(), name.size(), 0, nullptr) !=
        1) {
      return failed("the certificate sent for " + name + " does not name it");
    }
  }
  return passed();
}

Outcome old_tls(Context& context) {
  return handshake_with(context, {TLS1_1_VERSION, "", ""}, false);
}
Outcome tls_1_2(Context& context) {
  return handshake_with(context, {TLS1_2_VERSION, "", ""}, true);
}
Outcome unknown_name(Context& context) {
  return handshake_with(context, {0, "", "unknown.popcheck.invalid"}, true);
}
Outcome alpn(Context& context) { return handshake_with(context, {0, "pop3", ""}, true); }
Outcome wrong_alpn(Context& context) { return handshake_with(context, {0, "http/1.1", ""}, false); }

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

// AUTH PLAIN up to the empty challenge, however it is written.
Outcome challenge(Context& context, Wire& wire) {
  if (!context.has_mechanism("PLAIN")) return without_plain();
  const Reply reply = ask(wire, "AUTH PLAIN");
  return reply.line[0] == '+' && !reply.ok() ? passed()
                                             : failed("AUTH PLAIN got: " + reply.shown());
}

Outcome two_step(Context& context) {
  if (!context.has_mechanism("PLAIN")) return without_plain();
  Wire wire = context.open();
  const Reply first = ask(wire, "AUTH PLAIN");
  if (first.line != "+ \r\n") return failed("the empty challenge is: " + first.shown());
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
  Wire wire = context.open_patiently();
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

// A token that nobody has: the server explains in a challenge, then refuses (RFC 7628
// section 3.2.3).
Outcome refused_token(Context& context) {
  const bool bearer = context.has_mechanism("OAUTHBEARER");
  if (!bearer && !context.has_mechanism("XOAUTH2")) {
    return not_applicable("CAPA lists neither OAUTHBEARER nor XOAUTH2");
  }
  const std::string user = context.target().user;
  const std::string token = "auth=Bearer popcheck\1\1";
  Wire wire = context.open_patiently();
  ask(wire, bearer ? "AUTH OAUTHBEARER" : "AUTH XOAUTH2");
  const Reply why =
      ask(wire, base64(bearer ? "n,a=" + user + ",\1" + token : "user=" + user + "\1" + token));
  const std::string json = from_base64(why.text());
  if (why.line[0] != '+' || json.empty() || json[0] != '{') {
    return failed("instead of a challenge with JSON came: " + why.shown());
  }
  const Reply end = ask(wire, bearer ? "AQ==" : "");
  const bool coded = !context.can("AUTH-RESP-CODE") || end.text().substr(0, 6) == "[AUTH]";
  return end.refused() && coded ? passed() : failed("wanted -ERR [AUTH], got: " + end.shown());
}

Outcome bare_auth(Context& context) {
  Wire wire = context.open();
  const Reply reply = ask_multi(wire, "AUTH");
  if (!reply.ok() || !reply.whole()) return failed("got: " + reply.shown());
  const auto listed = lines(reply.body);
  for (const std::string& name : words(context.capabilities().at("SASL"))) {
    if (std::find(listed.begin(), listed.end(), name) == listed.end()) {
      return failed(name + " is in CAPA but not in the list");
    }
  }
  return passed();
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
      row("38a", "RFC 6066 3", "an unknown server name gets a certificate", tls, unknown_name),
      row("38b", "RFC 6066 3", "the server name chooses the certificate", tls, names_choose),
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
      row("52", "practice", "a continuation line of 12,000 octets is read", nothing,
          long_continuation, "SASL"),
      row("55", "RFC 7628 3.2.3", "a token that is no good: explained, then -ERR [AUTH]", nothing,
          refused_token, "SASL"),
  };
}

}  // namespace popcheck
