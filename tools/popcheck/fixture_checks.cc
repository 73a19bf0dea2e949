// Statements about single messages that are hard to serve: those that --fixture writes.
#include <algorithm>
#include <cctype>
#include <set>

#include "popcheck/check.h"
#include "popcheck/fixture.h"

namespace popcheck {
namespace {

constexpr std::size_t folded_at = 78;  // RFC 5322 section 2.1.1, without CRLF

// A message of the fixture as it was retrieved: what a filter put above it, and itself.
struct Arrival {
  const Fixture* fixture;
  std::uint64_t number;
  std::string inserted;
  std::string message;
};

std::optional<Arrival> as_arrival(const std::string& whole, std::uint64_t number) {
  const std::size_t header = header_of(whole).size();
  for (const Fixture& one : fixtures()) {
    const std::string field = fixture_field(one.name);
    const std::size_t at = whole.find(field);
    // Below the header it is a message that came in another one, as a surrogate does.
    if (at >= header || (at > 0 && whole[at - 1] != '\n')) continue;
    if (whole.substr(at + field.size()).find_first_of("\r\n") != 0) continue;
    return Arrival{&one, number, whole.substr(0, at), whole.substr(at)};
  }
  return std::nullopt;
}

std::vector<Arrival> arrivals(Context& context) {
  std::vector<Arrival> out;
  const auto& mail = context.mail();
  for (std::size_t i = 0; i < mail.size(); ++i) {
    if (auto one = as_arrival(mail[i], i + 1)) out.push_back(std::move(*one));
  }
  return out;
}

std::size_t times(const std::vector<Arrival>& all, const char* name) {
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const Arrival& one) {
    return std::string_view(one.fixture->name) == name;
  }));
}

Outcome without_fixture() { return not_applicable("needs the messages that --fixture DIR writes"); }

// NULs may be mapped to another octet each.
bool same_but_for_nuls(const std::string& came, const std::string& wanted) {
  if (came.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < came.size(); ++i) {
    if (came[i] != wanted[i] && wanted[i] != '\0') return false;
  }
  return true;
}

bool arrived(const Arrival& one) {
  const std::string wanted = wire_form(one.fixture->message);
  const std::string_view statement = one.fixture->statement;
  if (statement == "75") return same_but_for_nuls(one.message, wanted);
  // A header that nothing follows may be given the empty line.
  if (statement == "77" && one.message == wanted + "\r\n") return true;
  return one.message == wanted;
}

// The fixture's messages for a statement are all there and as they were stored.
Outcome all_arrive(Context& context, const char* statement) {
  const auto all = arrivals(context);
  if (all.empty()) return without_fixture();
  for (const Fixture& one : fixtures()) {
    if (std::string_view(one.statement) != statement) continue;
    if (times(all, one.name) == 0) {
      return failed("the fixture \"" + std::string(one.name) + "\" is not among the messages");
    }
  }
  for (const Arrival& one : all) {
    if (std::string_view(one.fixture->statement) == statement && !arrived(one)) {
      return failed("the fixture \"" + std::string(one.fixture->name) +
                    "\" does not arrive as it was stored");
    }
  }
  return passed();
}

Outcome dots(Context& context) { return all_arrive(context, "73"); }
Outcome line_ends(Context& context) { return all_arrive(context, "74"); }
Outcome nuls(Context& context) { return all_arrive(context, "75"); }
Outcome long_lines(Context& context) { return all_arrive(context, "76"); }
Outcome no_separator(Context& context) { return all_arrive(context, "77"); }
Outcome empty_messages(Context& context) { return all_arrive(context, "78"); }
Outcome header_forms(Context& context) { return all_arrive(context, "114"); }

Outcome equal_messages(Context& context) {
  const auto all = arrivals(context);
  if (times(all, "same") < 2) return without_fixture();
  Wire wire = context.logged_in();
  const auto list = listing(ask_multi(wire, "UIDL").body);
  if (!list) return failed("UIDL has a line that is not `number uid`");
  std::set<std::string> seen;
  for (const auto& [number, uid] : *list) {
    if (!seen.insert(uid).second) return failed("two messages have the uid " + uid);
  }
  return passed();
}

// Nothing when a line of a header that was inserted is well formed.
std::string field_fault(const std::string& line) {
  if (line.size() > folded_at) return "a line is longer than 78 octets";
  for (const char c : line) {
    if ((c < ' ' || c > '~') && c != '\t') return "an octet is not ASCII";
  }
  if (line.empty()) return "an empty line ends the header";
  if (line[0] == ' ' || line[0] == '\t') return {};
  const std::size_t colon = line.find(':');
  const bool named = colon != std::string::npos && colon > 0 && line.find(' ') > colon;
  return named ? std::string() : "a line is no field";
}

Outcome inserted_fields(Context& context) {
  const auto all = arrivals(context);
  if (all.empty()) return without_fixture();
  bool some = false;
  for (const Arrival& one : all) {
    for (const std::string& line : lines(one.inserted)) {
      some = true;
      const std::string fault = field_fault(line);
      if (!fault.empty()) return failed("inserted on top: " + fault + ": " + line.substr(0, 100));
    }
  }
  return some ? passed() : not_applicable("the server inserts nothing");
}

std::set<std::string> field_names(std::string_view header) {
  std::set<std::string> out;
  for (const std::string& line : lines(header)) {
    const std::size_t colon = line.find(':');
    if (line.empty() || line[0] == ' ' || line[0] == '\t' || colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    out.insert(name);
  }
  return out;
}

Outcome forged_fields(Context& context) {
  for (const Arrival& one : arrivals(context)) {
    if (std::string_view(one.fixture->statement) != "113") continue;
    const auto ours = field_names(one.inserted);
    if (ours.empty()) return not_applicable("the server inserts nothing");
    for (const std::string& name : field_names(header_of(one.message))) {
      if (ours.count(name) != 0) {
        return failed("the sender's " + name + " stands below the inserted one");
      }
    }
    return passed();
  }
  return without_fixture();
}

// The number of the message with UTF-8 in its header, seen in UTF8 mode; its uid.
std::optional<std::pair<std::uint64_t, std::string>> utf8_message(Context& context) {
  const std::uint64_t count = std::min(context.messages(), most_messages);
  Wire wire = context.open();
  ask(wire, "UTF8");
  log_in(wire, context.target());
  for (std::uint64_t n = 1; n <= count; ++n) {
    const std::string number = std::to_string(n);
    const auto one = as_arrival(unstuffed(ask_multi(wire, "RETR " + number).body), n);
    if (!one || std::string_view(one->fixture->statement) != "104") continue;
    const std::string uid = ask(wire, "UIDL " + number).line;
    ask(wire, "QUIT");
    return std::pair(n, uid);
  }
  ask(wire, "QUIT");
  return std::nullopt;
}

// RFC 6856 section 2.1 leaves the choice between a surrogate and a refusal. UTF-8 sent as it is
// passes, too: servers have always done so, and clients show it.
Outcome utf8_header(Context& context) {
  const auto message = utf8_message(context);
  if (!message) return without_fixture();
  const std::string number = std::to_string(message->first);
  Wire wire = context.logged_in();
  const std::vector<Reply> replies{ask_multi(wire, "RETR " + number),
                                   ask_multi(wire, "TOP " + number + " 0"),
                                   ask(wire, "LIST " + number)};
  for (const Reply& one : replies) {
    if (one.ok() != replies[0].ok()) return failed("RETR, TOP and LIST do not agree on it");
    if (!one.ok() && one.text().substr(0, 6) != "[UTF8]") {
      return failed("refused without [UTF8]: " + one.shown());
    }
  }
  const Reply uid = ask(wire, "UIDL " + number);
  return uid.line == message->second ? passed() : failed("UTF8 changes its uid: " + uid.shown());
}

}  // namespace

std::vector<Check> fixture_checks() {
  const auto row = [](const char* id, const char* source, const char* text,
                      Outcome (*run)(Context&), const char* capability = nullptr) {
    return Check{id, source, text, Need::mail, Start::special, nullptr, run, capability};
  };
  return {
      row("63", "RFC 1939 7", "no two messages have one uid, not even equal ones", equal_messages,
          "UIDL"),
      row("73", "RFC 1939 3", "lines that begin with a dot, 8-bit octets arrive as stored", dots),
      row("74", "RFC 1939 3", "every line ends in CRLF, whatever it ended in", line_ends),
      row("75", "practice", "a NUL is sent, or mapped to one octet", nuls),
      row("76", "practice", "lines of 1,000 octets to 10 MB are not broken", long_lines),
      row("77", "practice", "a header that nothing follows arrives", no_separator),
      row("78", "practice", "bodies that are empty, or empty lines, arrive", empty_messages),
      row("104", "RFC 6856 2.1", "UTF-8 in a header: RETR, TOP, LIST n agree, the uid stays",
          utf8_header, "UTF8"),
      row("112", "RFC 5322 2.1", "inserted fields: on top, ASCII, lines of at most 78 octets",
          inserted_fields),
      row("113", "practice", "a sender cannot forge inserted fields", forged_fields),
      row("114", "practice", "below inserted fields the header arrives as stored", header_forms),
  };
}

}  // namespace popcheck
