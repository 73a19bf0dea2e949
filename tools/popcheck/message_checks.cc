// Statements about sizes, listings, messages and deletions.
#include <algorithm>
#include <cstdlib>
#include <thread>

#include "popcheck/check.h"

namespace popcheck {
namespace {

constexpr std::uint64_t many = 10'000;
constexpr std::chrono::milliseconds longest_listing{1000};

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
    if (reply.text().substr(0, 6) == "[UTF8]") continue;  // RFC 6856 section 5
    const std::string size = std::to_string(unstuffed(reply.body).size());
    if (!reply.ok() || !reply.whole()) return failed("RETR got: " + reply.shown());
    if (text != size) {
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
    if (list->size() != context.messages()) return failed("UIDL does not list every message");
    for (const auto& [number, uid] : *list) {
      if (uid.empty() || uid.size() > 70) return failed("a uid has not 1 to 70 octets: " + uid);
      for (const char c : uid) {
        if (c < 0x21 || c > 0x7E) return failed("a uid has an octet outside 0x21 to 0x7E: " + uid);
      }
    }
    if (session == 1 && before != reply.body) return failed("uids differ in the next session");
    before = reply.body;
    ask(wire, "QUIT");
  }
  return passed();
}

Outcome uidl_of_one(Context& context) {
  Wire wire = context.logged_in();
  const auto list = listing(ask_multi(wire, "UIDL").body);
  if (!list) return failed("UIDL has a line that is not `number uid`");
  for (const auto& [number, uid] : *list) {
    if (number > most_messages) break;
    const Reply reply = ask(wire, "UIDL " + std::to_string(number));
    if (reply.text() != std::to_string(number) + " " + uid) {
      return failed("UIDL says " + uid + ", UIDL " + std::to_string(number) + ": " + reply.shown());
    }
  }
  return passed();
}

// Calls `holds` with each message, its header, and what TOP sends with so many lines.
using TopHolds = bool (*)(const std::string& whole, const std::string& header,
                          const std::string& top, std::size_t lines);

Outcome each_top(Context& context, std::initializer_list<std::size_t> counts, TopHolds holds,
                 const char* otherwise) {
  const auto& mail = context.mail();
  Wire wire = context.logged_in();
  for (std::size_t i = 0; i < mail.size(); ++i) {
    if (mail[i].empty()) continue;  // refused
    for (const std::size_t count : counts) {
      const std::string command = "TOP " + std::to_string(i + 1) + " " + std::to_string(count);
      const Reply reply = ask_multi(wire, command);
      if (!reply.ok() || !reply.whole()) return failed(command + " got: " + reply.shown());
      if (!holds(mail[i], header_of(mail[i]), unstuffed(reply.body), count)) {
        return failed(command + otherwise);
      }
    }
  }
  return passed();
}

Outcome top_counts_lines(Context& context) {
  const TopHolds exact = [](const std::string& whole, const std::string& header,
                            const std::string& top, std::size_t count) {
    std::size_t end = header.size();
    for (std::size_t line = 0; line < count && end < whole.size(); ++line) {
      end = whole.find('\n', end) + 1;
    }
    const std::string wanted = whole.substr(header.size(), end - header.size());
    return top.substr(header_of(top).size()) == wanted;
  };
  return each_top(context, {0, 1, 2, 99'999'999}, exact, " sends another number of body lines");
}

Outcome top_header_is_retr(Context& context) {
  const TopHolds same = [](const std::string& whole, const std::string& header,
                           const std::string& top, std::size_t) {
    // A message without an empty line may get one from TOP.
    return header_of(top) == header || (header == whole && top == header + "\r\n");
  };
  return each_top(context, {0}, same, " is not the header that RETR sends");
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

// How the messages came before, with one left out: all but the last are still there.
bool lost_only_the_last(const Drop& before, const Drop& after) {
  return after.size() + 1 == before.size() &&
         std::equal(after.begin(), after.end(), before.begin());
}

// The server may notice the end of a connection a moment later: asks until `holds` or no longer.
template <typename Holds>
bool comes_to_hold(Context& context, Holds holds) {
  const auto deadline = std::chrono::steady_clock::now() + context.target().patience;
  do {
    const auto drop = context.drop();
    if (drop && holds(*drop)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  } while (std::chrono::steady_clock::now() < deadline);
  return false;
}

// A connection broken after `commands` costs no mail.
Outcome drop_is_kept(Context& context, const std::vector<std::string>& commands) {
  const auto before = context.drop();
  if (!before) return failed("no login");
  {
    Wire wire = context.logged_in();
    for (const std::string& command : commands) {
      if (!ask(wire, command).ok()) return failed(command + " was refused");
    }
    wire.reset();
  }
  // At once and a moment later: what is deleted late is deleted, too.
  context.forget();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  return context.drop() == before ? passed() : failed("the maildrop is not as it was");
}

Outcome vanish_midway(Context& context) {
  // In the middle of the largest message, as it fits into no buffer.
  return drop_is_kept(context, {"RETR " + context.largest().first});
}

Outcome vanish_after_dele(Context& context) {
  return drop_is_kept(context, {"DELE " + std::to_string(context.messages())});
}

// Deletes the last message: in --fixture it is one that may be lost.
Outcome deletes_last(Context& context, bool waits) {
  const auto before = context.drop();
  if (!before || before->empty()) return failed("no login");
  const std::string command = "DELE " + std::to_string(before->size());
  {
    Wire wire = context.logged_in();
    if (waits) {
      if (!ask(wire, command).ok() || !ask(wire, "QUIT").ok()) {
        return failed("DELE and QUIT were refused");
      }
      wire.wait_for_close();
    } else {
      wire.send(command + "\r\nQUIT\r\n");
      wire.cut_off();
    }
  }
  context.forget();
  const bool done =
      comes_to_hold(context, [&](const Drop& after) { return lost_only_the_last(*before, after); });
  return done ? passed() : failed("not exactly the message of " + command + " is gone");
}

Outcome dele_quit(Context& context) { return deletes_last(context, true); }
Outcome dele_quit_pipelined(Context& context) { return deletes_last(context, false); }

Outcome rset(Context& context) {
  const std::string number = std::to_string(context.messages());
  Wire wire = context.logged_in();
  const auto before = stat(wire);
  const std::string list = ask_multi(wire, "LIST").body;
  ask(wire, "DELE " + number);
  if (stat(wire) == before) return failed("STAT counts a deleted message");
  if (ask_multi(wire, "LIST").body == list) return failed("LIST shows a deleted message");
  const Reply reply = ask(wire, "RSET");
  // Without RSET a QUIT would delete.
  if (!reply.ok()) return failed("RSET got: " + reply.shown());
  return stat(wire) == before && ask_multi(wire, "LIST").body == list
             ? passed()
             : failed("STAT and LIST after RSET differ from the beginning");
}

// RFC 1939 section 8 and good sense: what comes during a session is for the next one.
Outcome new_mail_waits(Context& context) {
  const auto before = context.drop();
  Wire wire = context.logged_in();
  const auto count = stat(wire);
  const std::string list = ask_multi(wire, "LIST").body;
  const std::string uids = ask_multi(wire, "UIDL").body;
  if (std::system(context.means().deliver.c_str()) != 0)
    return failed("--deliver's command failed");
  const bool same = stat(wire) == count && ask_multi(wire, "LIST").body == list &&
                    ask_multi(wire, "UIDL").body == uids;
  ask(wire, "QUIT");
  if (!same) return failed("STAT, LIST or UIDL show a message that came during the session");
  context.forget();
  const bool came = comes_to_hold(
      context, [&](const Drop& after) { return before && after.size() == before->size() + 1; });
  return came ? passed() : failed("the next session does not show the message");
}

std::chrono::milliseconds time_of(Wire& wire, const std::string& command) {
  const auto start = std::chrono::steady_clock::now();
  ask_multi(wire, command);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               start);
}

Outcome many_messages(Context& context) {
  if (context.messages() < many) return not_applicable("needs a maildrop of 10,000 messages");
  Wire wire = context.logged_in();
  for (const char* command : {"LIST", "UIDL"}) {
    auto best = time_of(wire, command);
    for (int i = 0; i < 2; ++i) best = std::min(best, time_of(wire, command));
    if (best > longest_listing) {
      return failed(std::string(command) + " takes " + std::to_string(best.count()) + " ms");
    }
  }
  return wire.trouble().empty() ? passed() : failed(wire.trouble());
}

Outcome whole_terminator(Context& context) {
  Wire wire = context.logged_in();
  std::vector<std::string> commands{"CAPA", "LIST", "UIDL"};
  for (std::uint64_t n = 1; n <= std::min(context.messages(), most_messages); ++n) {
    commands.push_back("RETR " + std::to_string(n));
  }
  for (const std::string& command : commands) {
    const Reply reply = ask_multi(wire, command);
    if (!reply.ok()) continue;
    if (!reply.whole()) return failed(command + ": " + reply.shown());
    if (wire.last_piece() < 3) {
      return failed(command + ": the closing dot and its CRLF come in two records");
    }
  }
  return passed();
}

}  // namespace

std::vector<Check> message_checks() {
  const auto row = [](const char* id, const char* source, const char* text, unsigned needs,
                      Outcome (*run)(Context&), const char* capability = nullptr) {
    return Check{id, source, text, needs, Start::special, nullptr, run, capability};
  };
  const char* rfc = "RFC 1939 5";
  return {
      row("13", "practice", "a reply's last dot and CRLF come in one TLS record", tls,
          whole_terminator),
      row("15", "RFC 1939 6", "a client that vanishes in RETR loses no mail", mail, vanish_midway),
      row("57", rfc, "STAT, LIST and LIST n agree", nothing, stat_is_list),
      row("58", "RFC 1939 11", "RETR sends the octets that LIST announces", mail, retr_is_list),
      row("61", "RFC 1939 7", "UIDL and UIDL n agree", mail, uidl_of_one, "UIDL"),
      row("62", "RFC 1939 7", "uids: 1 to 70 visible octets, the same in the next session", mail,
          uids, "UIDL"),
      row("67", "RFC 1939 8", "mail that comes during a session waits for the next", delivery,
          new_mail_waits),
      row("70", "practice", "LIST and UIDL of 10,000 messages and more take a second at most",
          nothing, many_messages),
      Check{"71", rfc, "RETR, TOP, LIST, UIDL of a deleted message are refused", mail | deletes,
            Start::logged_in,
            "> DELE %n\n< +OK\n> RETR %n\n< -ERR\n> LIST %n\n< -ERR\n> NOOP\n< +OK\n> UIDL %n\n< "
            "-ERR\n> TOP %n 0\n< -ERR\n> RSET\n< +OK\n> QUIT\n< +OK"},
      Check{"72", rfc, "RETR marks nothing deleted", mail, Start::logged_in,
            "> RETR 1\n= +OK\n> LIST 1\n< +OK 1 \n> QUIT\n< +OK"},
      Check{"79a", "RFC 1939 7", "TOP without a count, or with -1, is refused", mail,
            Start::logged_in, "> TOP 1\n< -ERR\n> TOP 1 -1\n< -ERR"},
      row("79b", "RFC 1939 7", "TOP n k sends k lines of the body", mail, top_counts_lines, "TOP"),
      row("80", "RFC 1939 7", "TOP sends the header that RETR sends", mail, top_header_is_retr,
          "TOP"),
      Check{"84", rfc, "DELE twice: the second is refused", mail | deletes, Start::logged_in,
            "> DELE %n\n< +OK\n> DELE %n\n< -ERR\n> RSET\n< +OK\n> QUIT\n< +OK"},
      row("85", "RFC 1939 6", "DELE without QUIT deletes nothing", mail | deletes,
          vanish_after_dele),
      row("86", rfc, "RSET takes all DELEs back", mail | deletes, rset),
      row("89", "RFC 1939 6", "DELE and QUIT delete", spare_mail | deletes, dele_quit),
      row("101", "practice", "DELE and QUIT in one packet delete, though nobody waits",
          spare_mail | deletes, dele_quit_pipelined, "PIPELINING"),
      row("117", "practice", "a message is the same octets each time", mail, same_twice),
  };
}

}  // namespace popcheck
