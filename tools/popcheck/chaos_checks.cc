// Clients that misbehave: after each, a good session must find the server serving and the maildrop
// as it was. Every wait is bounded by the target's patience.
#include <algorithm>
#include <thread>

#include "popcheck/check.h"

namespace popcheck {
namespace {

constexpr std::size_t flood_limit = 16UL << 20U;
constexpr std::size_t flood_piece = 8UL << 10U;
constexpr std::chrono::milliseconds flood_patience{5000};

// Runs `misbehave`; a good session must find the maildrop as it was before.
template <typename Misbehave>
Outcome and_still_serves(Context& context, Misbehave misbehave) {
  const auto before = context.drop();
  if (!before) return failed("no login");
  const Outcome outcome = misbehave();
  if (outcome.result != Result::pass) return outcome;
  // The maildrop may be held until the server notices that the other client has gone.
  for (int attempt = 0; attempt < 20; ++attempt) {
    if (context.drop() == before) return passed();
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
  const auto largest = context.largest();
  const std::size_t times = Context::unbufferable(largest.second);
  return and_still_serves(context, [&]() -> Outcome {
    Wire wire = context.logged_in();
    for (std::size_t i = 0; i < times; ++i) wire.send("RETR " + largest.first + "\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    // The server is stuck with this client, and must have time for others.
    Wire other = context.open();
    if (!ask(other, "QUIT").ok()) return failed("another client is not served: " + other.trouble());
    const std::string first = wire.read_multi_line().body;
    for (std::size_t i = 1; i < times; ++i) {
      const Reply reply = wire.read_multi_line();
      if (!reply.whole()) return failed("a slow reader gets: " + reply.shown());
      if (reply.body != first) return failed("a slow reader gets other octets");
    }
    ask(wire, "QUIT");
    return passed();
  });
}

Outcome half_closed(Context& context) {
  return and_still_serves(context, [&] {
    Wire wire = context.logged_in();
    wire.send("NOOP\r\n");
    wire.half_close();
    return wire.wait_for_close() ? passed()
                                 : failed("the server keeps a half-closed connection open");
  });
}

Outcome reset_each_step(Context& context) {
  const std::vector<std::string> steps{"USER " + context.target().user,
                                       "PASS " + context.target().password,
                                       "STAT",
                                       "LIST",
                                       "UIDL",
                                       "RETR 1"};
  return and_still_serves(context, [&] {
    for (std::size_t stop = 0; stop <= steps.size(); ++stop) {
      Wire wire = context.open();
      for (std::size_t i = 0; i < stop; ++i) {
        wire.send(steps[i] + "\r\n");
        if (i + 1 < stop) (i < 3 ? wire.read_reply() : wire.read_multi_line());
      }
      wire.reset();
    }
    return passed();
  });
}

Outcome giant_line(Context& context) {
  return and_still_serves(context, [&] {
    Wire wire = context.open();
    const std::string piece(64 * 1024, 'A');
    for (int i = 0; i < 160 && wire.trouble().empty(); ++i) wire.send(piece);
    return passed();
  });
}

Outcome flood(Context& context) {
  return and_still_serves(context, [&] {
    Wire wire = context.logged_in();
    std::string many;
    constexpr int times = 2000;
    for (int i = 0; i < times; ++i) many += "NOOP\r\n";
    wire.send(many);
    for (int i = 0; i < times; ++i) {
      if (!wire.read_reply().ok()) return failed("of 2,000 pipelined NOOPs one was not answered");
    }
    return passed();
  });
}

// Commands without end from a client that reads nothing: sooner or later the server must stop
// reading them, or hang up. One that goes on keeps the answers in memory.
Outcome never_reads(Context& context) {
  Target target = context.target();
  target.patience = std::min(target.patience, flood_patience);
  Context hasty(target, context.means());
  const Outcome outcome = and_still_serves(context, [&] {
    Wire wire = hasty.logged_in();
    std::string piece;
    while (piece.size() < flood_piece) piece += "LIST 1\r\n";
    for (std::size_t sent = 0; sent < flood_limit; sent += piece.size()) {
      wire.send(piece);
      if (!wire.trouble().empty()) return passed();
    }
    return failed("the server reads 16 MB of commands while none of its answers is read");
  });
  return outcome;
}

Outcome truncated_tls(Context& context) {
  context.messages();  // known before the maildrop is held
  return and_still_serves(context, [&] {
    Wire wire = context.logged_in();
    const Reply reply = ask(wire, "DELE " + std::to_string(context.messages()));
    if (!reply.ok()) return failed("DELE got: " + reply.shown());
    wire.cut_off();
    return passed();
  });
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
      row("C7", "TLS cut off in the middle deletes nothing", Need::mail | deletes | tls,
          truncated_tls),
      row("C8", "who reads no answers cannot fill the server's memory", Need::mail, never_reads),
  };
}

}  // namespace popcheck
