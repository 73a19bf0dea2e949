// Statements about sizes, listings, messages and deletions.
#include <set>

#include "popcheck/check.h"
#include "popcheck/fixture.h"

namespace popcheck {
namespace {

constexpr std::uint64_t most_messages = 100;  // that one statement retrieves

std::optional<std::pair<std::uint64_t, std::uint64_t>> stat(Wire& wire) {
  const auto said = words(ask(wire, "STAT").text());
  if (said.size() < 2) return std::nullopt;
  const auto count = decimal(said[0]);
  const auto octets = decimal(said[1]);
  if (!count || !octets) return std::nullopt;
  return std::pair(*count, *octets);
}

Outcome stat_is_list(Context& context) {
  Wire wire = context.logged_in();
  const auto drop = stat(wire);
  if (!drop) return failed("STAT does not give two numbers");
  const auto list = listing(ask_multi(wire, "LIST").body);
  if (!list) return failed("LIST has a line that is not `number size`, or is not ascending");
  std::uint64_t sum = 0;
  for (const auto& [number, text] : *list) {
    const auto size = words(text);
    if (size.empty() || !decimal(size[0]))
      return failed("LIST has a size that is no number: " + text);
    sum += *decimal(size[0]);
    if (list->size() <= most_messages &&
        ask(wire, "LIST " + std::to_string(number)).text().substr(0, 60) !=
            std::to_string(number) + " " + text) {
      return failed("LIST " + std::to_string(number) + " differs from LIST");
    }
  }
  if (list->size() != drop->first) return failed("STAT counts other messages than LIST");
  return sum == drop->second ? passed() : failed("STAT's octets are not the sum of LIST's");
}

Outcome retr_is_list(Context& context) {
  Wire wire = context.logged_in();
  const auto list = listing(ask_multi(wire, "LIST").body);
  if (!list) return failed("no LIST");
  for (const auto& [number, text] : *list) {
    if (number > most_messages) break;
    const Reply reply = ask_multi(wire, "RETR " + std::to_string(number));
    const std::string size = std::to_string(unstuffed(reply.body).size());
    if (!reply.whole() || words(text)[0] != size) {
      return failed("message " + std::to_string(number) + ": LIST says " + text + ", RETR sends " +
                    size);
    }
  }
  return passed();
}

Outcome uids(Context& context) {
  std::string before;
  for (int session = 0; session < 2; ++session) {
    Wire wire = context.logged_in();
    const Reply reply = ask_multi(wire, "UIDL");
    const auto list = listing(reply.body);
    if (!list) return failed("UIDL has a line that is not `number uid`");
    std::set<std::string> seen;
    for (const auto& [number, uid] : *list) {
      if (uid.empty() || uid.size() > 70) return failed("a uid has not 1 to 70 octets: " + uid);
      for (const char c : uid) {
        if (c < 0x21 || c > 0x7E) return failed("a uid has an octet outside 0x21 to 0x7E: " + uid);
      }
      if (!seen.insert(uid).second) return failed("two messages have the uid " + uid);
    }
    if (session == 1 && before != reply.body) return failed("uids differ in the next session");
    before = reply.body;
    ask(wire, "QUIT");
  }
  return passed();
}

Outcome top_is_retr(Context& context) {
  Wire wire = context.logged_in();
  for (std::uint64_t n = 1; n <= std::min(context.messages(), most_messages); ++n) {
    const std::string number = std::to_string(n);
    const std::string whole = unstuffed(ask_multi(wire, "RETR " + number).body);
    const std::string header = header_of(whole);
    const std::string top = unstuffed(ask_multi(wire, "TOP " + number + " 0").body);
    // A message without an empty line may get one from TOP.
    if (top != header && top != header + "\r\n")
      return failed("TOP " + number + " 0 is not the header that RETR sends");
    std::size_t end = header.size();
    for (int line = 0; line < 2 && end < whole.size(); ++line) end = whole.find('\n', end) + 1;
    const std::string two = unstuffed(ask_multi(wire, "TOP " + number + " 2").body);
    if (two != whole.substr(0, end) && two != header + "\r\n")
      return failed("TOP " + number + " 2 is not two lines of the body");
  }
  return passed();
}

Outcome same_twice(Context& context) {
  Wire one = context.logged_in();
  const std::string first = ask_multi(one, "RETR 1").body;
  const bool again = first == ask_multi(one, "RETR 1").body;
  ask(one, "QUIT");
  Wire two = context.logged_in();
  return again && first == ask_multi(two, "RETR 1").body ? passed()
                                                         : failed("RETR 1 gives different octets");
}

// Messages of --fixture are known by their header field; what follows it must arrive as stored.
Outcome fixture_arrives(Context& context) {
  Wire wire = context.logged_in();
  unsigned found = 0;
  for (std::uint64_t n = 1; n <= std::min(context.messages(), most_messages); ++n) {
    const std::string whole = unstuffed(ask_multi(wire, "RETR " + std::to_string(n)).body);
    for (const Fixture& one : fixtures()) {
      const std::size_t at = whole.find(fixture_field(one.name));
      if (at == std::string::npos) continue;
      ++found;
      const std::string wanted = wire_form(one.message);
      const bool lacks_only_the_separator = whole.substr(at) == wanted + "\r\n";
      if (one.exact && whole.substr(at) != wanted && !lacks_only_the_separator) {
        return failed("the fixture \"" + std::string(one.name) +
                      "\" does not arrive as it was stored");
      }
    }
  }
  return found > 0 ? passed() : not_applicable("needs the messages that --fixture DIR writes");
}

Outcome drop_is_kept(Context& context, bool midway) {
  const std::uint64_t before = context.messages();
  {
    Wire wire = context.logged_in();
    if (midway) {
      wire.send("RETR 1\r\n");
      wire.read_reply();
    } else {
      if (!ask(wire, "DELE 1").ok()) return failed("DELE 1 was refused");
    }
    wire.reset();
  }
  context.forget();
  // The server may notice the end a moment later, so the maildrop may still be held.
  for (int attempt = 0; attempt < 20 && context.messages() != before; ++attempt) context.forget();
  return context.messages() == before ? passed()
                                      : failed("messages are missing after a broken connection");
}

Outcome vanish_midway(Context& context) { return drop_is_kept(context, true); }
Outcome vanish_after_dele(Context& context) { return drop_is_kept(context, false); }

Outcome deletes_one(Context& context, bool pipelined) {
  const std::uint64_t before = context.messages();
  Wire wire = context.logged_in();
  if (pipelined) {
    wire.send("DELE 1\r\nQUIT\r\n");
  } else if (!ask(wire, "DELE 1").ok() || !ask(wire, "QUIT").ok()) {
    return failed("DELE and QUIT were refused");
  }
  wire.wait_for_close();
  context.forget();
  return context.messages() + 1 == before ? passed() : failed("not exactly one message is gone");
}

Outcome dele_quit(Context& context) { return deletes_one(context, false); }
Outcome dele_quit_pipelined(Context& context) { return deletes_one(context, true); }

Outcome rset(Context& context) {
  Wire wire = context.logged_in();
  const auto before = stat(wire);
  ask(wire, "DELE 1");
  if (stat(wire) == before) return failed("STAT counts a deleted message");
  if (!ask(wire, "RSET").ok()) return failed("RSET was refused");
  const bool same = stat(wire) == before;
  ask(wire, "QUIT");
  return same ? passed() : failed("STAT after RSET differs from the beginning");
}

}  // namespace

std::vector<Check> message_checks() {
  const auto row = [](const char* id, const char* source, const char* text, unsigned needs,
                      Outcome (*run)(Context&), const char* capability = nullptr) {
    return Check{id, source, text, needs, Start::special, nullptr, run, capability};
  };
  const char* rfc = "RFC 1939 5";
  return {
      row("15", "RFC 1939 6", "a client that vanishes in RETR loses no mail", mail, vanish_midway),
      row("57", rfc, "STAT, LIST and LIST n agree", nothing, stat_is_list),
      row("58", "RFC 1939 11", "RETR sends the octets that LIST announces", mail, retr_is_list),
      row("62", "RFC 1939 7", "uids: 1 to 70 visible octets, unique, the same in the next session",
          mail, uids, "UIDL"),
      row("73", "RFC 1939 3", "dots, line ends, NULs, 8-bit, long lines arrive as stored", mail,
          fixture_arrives),
      Check{"71", rfc, "RETR, TOP, LIST, UIDL of a deleted message are refused", mail | deletes,
            Start::logged_in,
            "> DELE 1\n< +OK\n> RETR 1\n< -ERR\n> LIST 1\n< -ERR\n> NOOP\n< +OK\n> UIDL 1\n< "
            "-ERR\n> TOP 1 0\n< -ERR\n> RSET\n< +OK\n> QUIT\n< +OK"},
      Check{"72", rfc, "RETR marks nothing deleted", mail, Start::logged_in,
            "> RETR 1\n= +OK\n> LIST 1\n< +OK 1 \n> QUIT\n< +OK"},
      Check{"79a", "RFC 1939 7", "TOP without a count, or with -1, is refused", mail,
            Start::logged_in, "> TOP 1\n< -ERR\n> TOP 1 -1\n< -ERR"},
      row("80", "RFC 1939 7", "TOP is the beginning of what RETR sends", mail, top_is_retr, "TOP"),
      Check{"84", rfc, "DELE twice: the second is refused", mail | deletes, Start::logged_in,
            "> DELE 1\n< +OK\n> DELE 1\n< -ERR\n> RSET\n< +OK\n> QUIT\n< +OK"},
      row("85", "RFC 1939 6", "DELE without QUIT deletes nothing", mail | deletes,
          vanish_after_dele),
      row("86", rfc, "RSET takes all DELEs back", mail | deletes, rset),
      row("89", "RFC 1939 6", "DELE and QUIT delete", spare_mail | deletes, dele_quit),
      row("101", "RFC 2449 6.6", "DELE and QUIT in one packet delete", spare_mail | deletes,
          dele_quit_pipelined, "PIPELINING"),
      row("117", "practice", "a message is the same octets each time", mail, same_twice),
  };
}

}  // namespace popcheck
