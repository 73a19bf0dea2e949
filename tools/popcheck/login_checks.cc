// Statements about who gets in, by USER and PASS, and when.
#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <thread>

#include "popcheck/check.h"

namespace popcheck {
namespace {

const char* const stranger = "nobody-popcheck";

Outcome password_is_the_rest(Context& context) {
  const Target& target = context.target();
  Wire wire = context.open_patiently();
  ask(wire, "USER " + target.user);
  const Reply more = ask(wire, "PASS " + target.password + " x");
  return more.refused() ? passed()
                        : failed("the password with ` x` behind it got: " + more.shown());
}

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Servers like to repeat the name, as a word of its own.
std::string without_name(const Reply& reply, const std::string& name) {
  std::string text = reply.shown();
  const std::size_t at = text.find(name);
  const std::size_t end = at + name.size();
  if (at == std::string::npos || (at > 0 && is_letter(text[at - 1])) ||
      (end < text.size() && is_letter(text[end]))) {
    return text;
  }
  return text.erase(at, name.size());
}

Outcome user_enumeration(Context& context) {
  Wire known = context.open();
  Wire unknown = context.open();
  const auto a = without_name(ask(known, "USER " + context.target().user), context.target().user);
  const auto b = without_name(ask(unknown, std::string("USER ") + stranger), stranger);
  return a == b ? passed() : failed("known: " + a + ", unknown: " + b);
}

Reply wrong_login(Wire& wire, const std::string& user) {
  ask(wire, "USER " + user);
  return ask(wire, "PASS wrong-popcheck");
}

Outcome same_refusal(Context& context) {
  Wire known = context.open_patiently();
  Wire unknown = context.open_patiently();
  const Reply a = wrong_login(known, context.target().user);
  const Reply b = wrong_login(unknown, stranger);
  if (a.line == b.line) return passed();
  return failed("known: " + a.shown() + ", unknown: " + b.shown());
}

Outcome wrong_password(Context& context) {
  Wire wire = context.open_patiently();
  const Reply reply = wrong_login(wire, stranger);
  if (!reply.refused()) return failed("got: " + reply.shown());
  const bool promised = context.can("AUTH-RESP-CODE");
  if (promised && reply.line.substr(0, 12) != "-ERR [AUTH] ") {
    return failed("CAPA has AUTH-RESP-CODE, yet: " + reply.shown());
  }
  return passed();
}

Outcome another_try(Context& context) {
  Wire wire = context.open_patiently();
  wrong_login(wire, stranger);
  const Reply next = ask(wire, std::string("USER ") + stranger);
  return next.whole() ? passed() : failed("USER behind it got: " + next.shown());
}

// A login of `user`, who cannot be served, is refused with `code`.
Outcome trouble_says(Context& context, const std::string& user, const char* flag,
                     const char* code) {
  if (user.empty()) return not_applicable(std::string("needs ") + flag + " USER");
  Target target = context.target();
  target.user = user;
  Wire wire = context.open_patiently();
  const Reply reply = log_in(wire, target);
  const bool said =
      reply.refused() && reply.text().substr(0, std::string_view(code).size()) == code;
  return said ? passed() : failed(std::string("wanted -ERR ") + code + ", got: " + reply.shown());
}

Outcome temporary_trouble(Context& context) {
  return trouble_says(context, context.means().temporary, "--temporary-trouble", "[SYS/TEMP]");
}
Outcome permanent_trouble(Context& context) {
  return trouble_says(context, context.means().permanent, "--permanent-trouble", "[SYS/PERM]");
}

Outcome login_delay(Context& context) {
  const auto found = context.capabilities().find("LOGIN-DELAY");
  const bool promised =
      found != context.capabilities().end() && !found->second.empty() && found->second[0] != '0';
  {
    Wire wire = context.logged_in();
    ask(wire, "QUIT");
    wire.wait_for_close();
  }
  Wire wire = context.open();
  const Reply reply = log_in(wire, context.target());
  const bool delayed = reply.text().substr(0, 13) == "[LOGIN-DELAY]";
  if (delayed == promised) return passed();
  return failed(promised ? "CAPA has LOGIN-DELAY " + found->second +
                               ", a login at once got: " + reply.shown()
                         : "CAPA has no LOGIN-DELAY, yet: " + reply.shown());
}

bool is_loopback(const std::string& host) {
  in_addr four{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24U == 127;
  return host == "::1" || host == "localhost";
}

// RFC 8314 section 3.2: passwords in the clear only where nobody listens; and CAPA is true.
Outcome clear_login(Context& context) {
  const Capabilities& all = context.capabilities_in_clear();
  if (all.empty()) return not_applicable("there is no CAPA");
  const bool listed = all.count("USER") != 0;
  Wire wire = context.open_in_clear();
  const bool taken = ask(wire, "USER " + context.target().user).ok();
  if (listed != taken) {
    return failed(listed ? "CAPA lists USER, which is refused" : "USER is taken, CAPA has it not");
  }
  const auto sasl = all.find("SASL");
  const auto names = sasl == all.end() ? std::vector<std::string>() : words(sasl->second);
  for (const char* name : {"PLAIN", "LOGIN"}) {
    const bool offered = std::find(names.begin(), names.end(), name) != names.end();
    Wire other = context.open_in_clear();
    const Reply reply = ask(other, std::string("AUTH ") + name);
    if (offered == reply.refused()) return failed(std::string(name) + " is not what CAPA says");
    if (offered && !is_loopback(context.target().host)) {
      return failed(std::string(name) + " is offered in the clear");
    }
  }
  if (taken && !is_loopback(context.target().host)) return failed("USER is taken in the clear");
  return passed();
}

Outcome apop(Context& context) {
  Reply one;
  Reply two;
  Wire first = context.open_in_clear(&one);
  Wire second = context.open_in_clear(&two);
  const std::size_t from = one.line.find('<');
  if (from == std::string::npos || one.line.find('@', from) == std::string::npos) {
    return not_applicable("the greeting offers no APOP");
  }
  return one.line != two.line ? passed() : failed("two greetings have the same time stamp");
}

// A name in UTF-8 is a name like another: asked for, then refused by its password only.
Outcome utf8_user(Context& context) {
  if (context.capabilities().at("UTF8").find("USER") == std::string::npos) {
    return not_applicable("CAPA does not list UTF8 USER");
  }
  Wire wire = context.open_patiently();
  if (!ask(wire, "UTF8").ok()) return failed("UTF8 is refused");
  const Reply user = ask(wire, "USER j\xc3\xb6rg-popcheck");
  if (!user.ok()) return failed("USER in UTF-8 got: " + user.shown());
  const Reply reply = ask(wire,
                          "PASS gr\xc3\xbc\xc3\x9f"
                          "e");
  const bool coded = !context.can("AUTH-RESP-CODE") || reply.text().substr(0, 6) == "[AUTH]";
  return reply.refused() && coded ? passed() : failed("PASS in UTF-8 got: " + reply.shown());
}

Outcome idle_session(Context& context) {
  Wire wire = context.logged_in();
  ask(wire, "STAT");
  std::this_thread::sleep_for(context.means().idle);
  const Reply reply = ask(wire, "STAT");
  return reply.ok() ? passed() : failed("STAT after the wait got: " + reply.shown());
}

// RETR after RETR for as long as --idle says: the server is never without something to send.
Outcome slow_retrieval(Context& context) {
  const auto [number, size] = context.largest();
  const std::size_t times = Context::unbufferable(size);
  const auto pause = std::chrono::duration_cast<std::chrono::microseconds>(context.means().idle) /
                     static_cast<long>(times);
  Wire wire = context.logged_in();
  for (std::size_t i = 0; i < times; ++i) wire.send("RETR " + number + "\r\n");
  for (std::size_t i = 0; i < times; ++i) {
    std::this_thread::sleep_for(pause);
    const Reply reply = wire.read_multi_line();
    if (!reply.ok() || !reply.whole()) return failed("RETR got: " + reply.shown());
  }
  return passed();
}

}  // namespace

std::vector<Check> login_checks() {
  const auto row = [](const char* id, const char* source, const char* text, unsigned needs,
                      Outcome (*run)(Context&), const char* capability = nullptr) {
    return Check{id, source, text, needs, Start::special, nullptr, run, capability};
  };
  return {
      row("10", "RFC 1939 7", "the password is all that follows PASS, spaces, too", nothing,
          password_is_the_rest),
      Check{"16", "RFC 1939 7", "PASS without USER is refused", nothing, Start::greeted,
            "> PASS %p\n< -ERR"},
      row("17a", "RFC 1939 13", "USER does not tell who exists", nothing, user_enumeration),
      row("17b", "RFC 1939 13", "nor does the refusal of a wrong password", nothing, same_refusal),
      row("18a", "RFC 3206 6", "a wrong password: -ERR [AUTH]", nothing, wrong_password),
      row("18b", "practice", "behind a wrong password the session goes on", nothing, another_try),
      row("19", "RFC 3206 5", "trouble that passes is [SYS/TEMP]", nothing, temporary_trouble),
      row("20", "RFC 3206 5", "trouble that stays is [SYS/PERM]", nothing, permanent_trouble),
      row("22", "RFC 2449 6.5", "LOGIN-DELAY is kept where CAPA has it, and only there", nothing,
          login_delay),
      row("23", "RFC 8314 3.2", "passwords in the clear: only on loopback, and where CAPA says so",
          clear, clear_login),
      row("24", "RFC 1939 7", "APOP's time stamp is new for each session", nothing, apop),
      row("94", "RFC 1939 3", "an idle session stays", patience, idle_session),
      row("95", "practice", "a slow client is not an idle one", Need::mail | patience,
          slow_retrieval),
      row("105", "RFC 6856 2.1", "UTF8 USER: names and passwords in UTF-8 are taken", nothing,
          utf8_user, "UTF8"),
  };
}

}  // namespace popcheck
