// Clients that misbehave: after each, a good session must find the server serving and the maildrop
// as it was. Every wait is bounded by the target's patience.
#include <thread>

#include "popcheck/check.h"

namespace popcheck {
namespace {

// The verdict of a mode: a good session sees what one saw before.
Outcome still_serves(Context& context, std::uint64_t before) {
  for (int attempt = 0; attempt < 20; ++attempt) {
    Wire wire = context.logged_in();
    const auto said = words(ask(wire, "STAT").text());
    const bool same = !said.empty() && decimal(said[0]) == before;
    ask(wire, "QUIT");
    if (same) return passed();
    // The maildrop may be held until the server notices that the other client has gone.
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return failed("a good session afterwards does not find the maildrop as it was");
}

Outcome dribble(Context& context) {
  Wire wire = context.open();
  const std::string all =
      "USER " + context.target().user + "\r\nPASS " + context.target().password + "\r\n";
  for (const char c : all) {
    wire.send(std::string_view(&c, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  wire.read_reply();
  const Reply reply = wire.read_reply();
  return reply.ok() ? passed() : failed("a login octet by octet got: " + reply.shown());
}

Outcome slow_reader(Context& context) {
  const std::uint64_t before = context.messages();
  {
    Wire wire = context.logged_in();
    constexpr int times = 50;
    for (int i = 0; i < times; ++i) wire.send("RETR 1\r\n");
    std::this_thread::sleep_for(std::chrono::seconds(1));
    const std::string first = wire.read_multi_line().body;
    for (int i = 1; i < times; ++i) {
      if (wire.read_multi_line().body != first) return failed("a slow reader gets other octets");
    }
  }
  return still_serves(context, before);
}

Outcome half_closed(Context& context) {
  const std::uint64_t before = context.messages();
  {
    Wire wire = context.logged_in();
    wire.send("NOOP\r\n");
    wire.half_close();
    if (!wire.wait_for_close()) return failed("the server keeps a half-closed connection open");
  }
  return still_serves(context, before);
}

Outcome reset_each_step(Context& context) {
  const std::uint64_t before = context.messages();
  const std::vector<std::string> steps{"USER " + context.target().user,
                                       "PASS " + context.target().password,
                                       "STAT",
                                       "LIST",
                                       "UIDL",
                                       "RETR 1"};
  for (std::size_t stop = 0; stop <= steps.size(); ++stop) {
    Wire wire = context.open();
    for (std::size_t i = 0; i < stop; ++i) {
      wire.send(steps[i] + "\r\n");
      if (i + 1 < stop) (i < 3 ? wire.read_reply() : wire.read_multi_line());
    }
    wire.reset();
  }
  return still_serves(context, before);
}

Outcome giant_line(Context& context) {
  const std::uint64_t before = context.messages();
  {
    Wire wire = context.open();
    const std::string piece(64 * 1024, 'A');
    for (int i = 0; i < 160 && wire.trouble().empty(); ++i) wire.send(piece);
  }
  return still_serves(context, before);
}

Outcome flood(Context& context) {
  const std::uint64_t before = context.messages();
  {
    Wire wire = context.logged_in();
    std::string many;
    constexpr int times = 2000;
    for (int i = 0; i < times; ++i) many += "NOOP\r\n";
    wire.send(many);
    for (int i = 0; i < times; ++i) {
      if (!wire.read_reply().ok()) return failed("of 2,000 pipelined NOOPs one was not answered");
    }
  }
  return still_serves(context, before);
}

Outcome truncated_tls(Context& context) {
  const std::uint64_t before = context.messages();
  {
    Wire wire = context.logged_in();
    wire.send("RETR 1\r\n");
    wire.cut_off();
  }
  return still_serves(context, before);
}

}  // namespace

std::vector<Check> chaos_checks() {
  const auto row = [](const char* id, const char* text, unsigned needs, Outcome (*run)(Context&)) {
    return Check{id, "chaos", text, needs, Start::special, nullptr, run};
  };
  return {
      row("C1", "octets that dribble in make a login", nothing, dribble),
      row("C2", "a slow reader gets all, others are served", mail, slow_reader),
      row("C3", "a half-closed connection ends", nothing, half_closed),
      row("C4", "a reset at each step leaves the maildrop as it was", nothing, reset_each_step),
      row("C5", "a line of 10 MB does no harm", nothing, giant_line),
      row("C6", "2,000 pipelined commands are all answered", nothing, flood),
      row("C7", "TLS cut off in the middle does no harm", tls, truncated_tls),
  };
}

}  // namespace popcheck
