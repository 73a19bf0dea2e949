// Statements about framing, the AUTHORIZATION state, listings and pipelining.
#include <algorithm>
#include <thread>

#include "popcheck/check.h"

namespace popcheck {
namespace {

Outcome greeting(Context& context) {
  Reply said;
  Wire wire = context.open_in_clear(&said);
  if (!wire.trouble().empty()) return failed(wire.trouble());
  const std::string fault = status_line_fault(said.line);
  if (!fault.empty()) return failed("the greeting: " + fault + ": " + said.shown());
  return said.ok() ? passed() : failed("the greeting is " + said.shown());
}

Outcome status_lines(Context& context) {
  Wire wire = context.logged_in();
  for (const char* command : {"STAT", "NOOP", "XYZZY", "LIST 0", "RSET", "QUIT"}) {
    const Reply reply = ask(wire, command);
    const std::string fault = status_line_fault(reply.line);
    if (!fault.empty()) return failed(std::string(command) + ": " + fault + ": " + reply.shown());
  }
  return passed();
}

// One reply to a line of `size` octets, and the session goes on.
Outcome line_of(Context& context, std::size_t size, bool must_live) {
  Wire wire = context.logged_in();
  wire.send("XYZZY" + std::string(size - 7, 'x') + "\r\n");
  const Reply reply = wire.read_reply();
  if (!reply.refused()) return failed("wanted -ERR, got: " + reply.shown());
  const Reply next = ask(wire, "NOOP");
  if (!next.ok() && must_live) return failed("NOOP behind it got: " + next.shown());
  return passed();
}

Outcome longest_line(Context& context) { return line_of(context, 255, true); }
Outcome too_long_line(Context& context) { return line_of(context, 2000, true); }

Outcome raw_then_noop(Context& context, std::string_view bytes) {
  Wire wire = context.logged_in();
  wire.send(bytes);
  const Reply reply = wire.read_reply();
  if (!reply.refused()) return failed("wanted -ERR, got: " + reply.shown());
  const Reply next = ask(wire, "NOOP");
  return next.ok() ? passed() : failed("NOOP behind it got: " + next.shown());
}

Outcome bare_lf(Context& context) {
  Wire wire = context.logged_in();
  wire.send("NOOP\n");
  const Reply reply = wire.read_reply();
  return reply.ok() ? passed() : failed("NOOP with a bare LF got: " + reply.shown());
}

Outcome bare_cr(Context& context) { return raw_then_noop(context, "NOOP\rNOOP\r\n"); }
Outcome nul_octet(Context& context) {
  return raw_then_noop(context, std::string_view("NO\0OP\r\n", 7));
}
Outcome eight_bit(Context& context) { return raw_then_noop(context, "N\xc3\xb6OP\r\n"); }

Outcome split_command(Context& context) {
  Wire wire = context.logged_in();
  const Reply whole = ask(wire, "STAT");
  for (const char c : std::string_view("STAT\r\n")) {
    wire.send(std::string_view(&c, 1));
    // Otherwise the kernel may join the segments.
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const Reply split = wire.read_reply();
  return whole.line == split.line ? passed()
                                  : failed("whole: " + whole.shown() + ", split: " + split.shown());
}

Outcome pipelined(Context& context) {
  Wire wire = context.logged_in();
  const Reply stat = ask(wire, "STAT");
  const Reply list = ask_multi(wire, "LIST");
  const Reply uidl = ask_multi(wire, "UIDL");
  wire.send("STAT\r\nLIST\r\nNOOP\r\nUIDL\r\nSTAT\r\n");
  if (wire.read_reply().line != stat.line) return failed("STAT differs when pipelined");
  if (wire.read_multi_line().body != list.body) return failed("LIST differs when pipelined");
  if (!wire.read_reply().ok()) return failed("NOOP fails when pipelined");
  if (wire.read_multi_line().body != uidl.body) return failed("UIDL differs when pipelined");
  const Reply last = wire.read_reply();
  return last.line == stat.line ? passed() : failed("the last STAT got: " + last.shown());
}

Outcome many_bad_commands(Context& context) {
  Wire wire = context.logged_in();
  for (int i = 0; i < 200; ++i) {
    if (ask(wire, "XYZZY").line.empty()) return passed();
  }
  return failed("200 bad commands in a row and the session lives");
}

Outcome second_session(Context& context) {
  Wire first = context.logged_in();
  if (!first.trouble().empty()) return failed(first.trouble());
  Wire second = context.open();
  const Reply reply = log_in(second, context.target());
  if (reply.ok() || reply.text().substr(0, 8) == "[IN-USE]") return passed();
  return failed("neither shared nor [IN-USE]: " + reply.shown());
}

Outcome capa_stays(Context& context) {
  if (context.capabilities().empty()) return not_applicable("there is no CAPA");
  Wire wire = context.logged_in();
  const Reply reply = ask_multi(wire, "CAPA");
  if (!reply.ok()) return failed("CAPA after login got: " + reply.shown());
  std::vector<std::string> after;
  for (const std::string& line : lines(reply.body)) after.push_back(line.substr(0, line.find(' ')));
  for (const auto& [name, value] : context.capabilities()) {
    // Those that concern logging in alone, or may differ by their registration.
    static const std::vector<std::string> free{"EXPIRE", "LOGIN-DELAY", "STLS",          "SASL",
                                               "USER",   "APOP",        "IMPLEMENTATION"};
    if (std::find(free.begin(), free.end(), name) != free.end()) continue;
    if (std::find(after.begin(), after.end(), name) == after.end()) {
      return failed(name + " is gone after login");
    }
  }
  return passed();
}

Outcome after_quit(Context& context) {
  Wire wire = context.open();
  wire.send("QUIT\r\nCAPA\r\nNOOP\r\n");
  if (!wire.read_reply().ok()) return failed("QUIT was refused");
  const Reply more = wire.read_reply();
  return more.line.empty() ? passed() : failed("there is an answer behind QUIT's: " + more.shown());
}

}  // namespace

std::vector<Check> session_checks() {
  const char* rfc3 = "RFC 1939 3";
  const auto special = [](const char* id, const char* source, const char* text, unsigned needs,
                          Outcome (*run)(Context&), const char* capability = nullptr) {
    return Check{id, source, text, needs, Start::special, nullptr, run, capability};
  };
  const auto talk = [](const char* id, const char* source, const char* text, Start start,
                       const char* dialogue, unsigned needs = nothing,
                       const char* capability = nullptr) {
    return Check{id, source, text, needs, start, dialogue, nullptr, capability};
  };
  return {
      special("1", rfc3, "the greeting is one +OK line of at most 512 octets", nothing, greeting),
      special("2", rfc3, "status lines: CRLF, +OK or -ERR, 512 octets", nothing, status_lines),
      talk("4a", rfc3, "keywords are case-insensitive", Start::logged_in,
           "> noop\n< +OK\n> StAt\n< +OK"),
      talk("4b", rfc3, "unknown keywords get -ERR, the state stays", Start::logged_in,
           "> XYZZY\n< -ERR\n> NOOP\n< +OK"),
      special("5a", "RFC 2449 4", "a line of 255 octets gets one answer", nothing, longest_line),
      special("5b", "practice", "a line of 2,000 octets gets one -ERR, the session lives", nothing,
              too_long_line),
      special("7a", "practice", "a bare LF ends a command", nothing, bare_lf),
      special("7b", rfc3, "a CR alone ends none", nothing, bare_cr),
      special("8", rfc3, "a command in many segments is the same command", nothing, split_command),
      special("9a", rfc3, "a NUL in a command: -ERR, the session lives", nothing, nul_octet),
      special("9b", rfc3, "8-bit octets in a command: -ERR, the session lives", nothing, eight_bit),
      talk("11a", "RFC 1939 5", "message 0, -1 and +1 are refused", Start::logged_in,
           "> RETR 0\n< -ERR\n> LIST -1\n< -ERR\n> NOOP\n< +OK\n> UIDL +1\n< -ERR"),
      talk("11b", "RFC 1939 5", "message 2^32+1 and 2^64+1 are refused", Start::logged_in,
           "> RETR 4294967297\n< -ERR\n> LIST 18446744073709551617\n< -ERR"),
      talk("11c", "RFC 1939 5", "noise behind a number, or no number: refused", Start::logged_in,
           "> LIST 1x\n< -ERR\n> RETR\n< -ERR\n> NOOP\n< +OK\n> DELE\n< -ERR"),
      special("12", "practice", "endless bad commands end the session", nothing, many_bad_commands),
      special("21", "RFC 2449 8", "a second session shares the maildrop or gets [IN-USE]", nothing,
              second_session),
      talk("25", "RFC 1939 4", "USER after login is refused", Start::logged_in,
           "> USER %u\n< -ERR\n> NOOP\n< +OK"),
      talk("26a", "RFC 1939 4", "STAT, LIST and RETR before login are refused", Start::greeted,
           "> STAT\n< -ERR\n> LIST\n< -ERR\n> RETR 1\n< -ERR"),
      talk("27", "RFC 1939 4", "QUIT before login: +OK and the end", Start::greeted,
           "> QUIT\n< +OK\n."),
      talk("28a", "RFC 2449 5", "CAPA is answered before login", Start::greeted, "> CAPA\n= +OK"),
      special("28b", "RFC 2449 5", "CAPA after login lacks nothing that must stay", nothing,
              capa_stays, "UIDL"),
      talk("87", "RFC 1939 5", "NOOP is always +OK", Start::logged_in,
           "> NOOP\n< +OK\n> NOOP\n< +OK"),
      special("91", "RFC 1939 6", "what follows QUIT is ignored", nothing, after_quit),
      special("99", "RFC 2449 6.6", "pipelined commands are answered in order", nothing, pipelined,
              "PIPELINING"),
      talk("103a", "RFC 6856 2.1", "UTF8 before login", Start::greeted, "> UTF8\n< +OK", nothing,
           "UTF8"),
      talk("103b", "RFC 6856 2.1", "UTF8 after login is refused", Start::logged_in,
           "> UTF8\n< -ERR", nothing, "UTF8"),
      talk("106", "RFC 6856 3.2", "LANG lists; an unknown one is refused", Start::greeted,
           "> LANG\n= +OK\n> LANG xx-popcheck\n< -ERR\n> LANG *\n< +OK", nothing, "LANG"),
      talk("119", "practice", "Thunderbird's dialogue", Start::logged_in,
           "> STAT\n< +OK\n> LIST\n= +OK\n> UIDL\n= +OK\n> TOP 1 20\n= +OK\n> RETR 1\n= +OK\n> "
           "NOOP\n< +OK\n> QUIT\n< +OK",
           mail),
      talk("120", "practice", "Outlook's dialogue", Start::logged_in,
           "> STAT\n< +OK\n> UIDL\n= +OK\n> LIST\n= +OK\n> RETR 1\n= +OK\n> QUIT\n< +OK\n.", mail),
      talk("124", "practice", "poplib's dialogue", Start::logged_in,
           "> STAT\n< +OK\n> LIST 1\n< +OK 1 \n> UIDL 1\n< +OK 1 \n> TOP 1 0\n= +OK\n> QUIT\n< +OK",
           mail),
  };
}

}  // namespace popcheck
