#include "popload/load.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "popcheck/reply.h"

namespace popload {
namespace {

using popcheck::Reply;
using popcheck::Security;
using popcheck::Wire;
using Clock = std::chrono::steady_clock;

// Of one pipelined go: small enough that the commands fit into the socket while replies wait.
constexpr std::size_t pipelined_commands = 100;

std::string user_of(const std::string& pattern, unsigned number) {
  const std::size_t place = pattern.find("%d");
  if (place == std::string::npos) return pattern;
  return pattern.substr(0, place) + std::to_string(number) + pattern.substr(place + 2);
}

// One dialogue, measured. The first fault ends it.
class Session {
 public:
  Session(const Plan& plan, unsigned user, Tally& tally)
      : plan_(plan),
        tally_(tally),
        user_(user_of(plan.target.user, user)),
        wire_(plan.target, transcript_) {}

  bool open() {
    const auto begun = Clock::now();
    const Security security = plan_.target.security;
    if (!wire_.dial()) return fault("connecting", wire_.trouble());
    if (security == Security::tls && !wire_.start_tls()) return fault("TLS", wire_.trouble());
    if (!accepted("the greeting", wire_.read_reply())) return false;
    if (security == Security::stls) {
      wire_.send("STLS\r\n");
      if (!accepted("STLS", wire_.read_reply())) return false;
      if (!wire_.start_tls()) return fault("TLS", wire_.trouble());
    }
    tally_.greeting.push_back(Clock::now() - begun);
    return true;
  }

  bool log_in() {
    const auto begun = Clock::now();
    const std::string user = "USER " + user_ + "\r\n";
    const std::string pass = "PASS " + plan_.target.password + "\r\n";
    if (plan_.pipelined) {
      wire_.send(user + pass);
    } else {
      wire_.send(user);
    }
    if (!accepted("USER", wire_.read_reply())) return false;
    if (!plan_.pipelined) {
      tally_.command.push_back(wire_.status_line_at() - begun);
      wire_.send(pass);
    }
    if (!accepted("PASS", wire_.read_reply())) return false;
    tally_.login.push_back(Clock::now() - begun);
    return true;
  }

  bool poll() {
    Reply reply;
    return ask_listing("UIDL", reply) && ask_listing("LIST", reply) && count_listed(reply);
  }

  bool drain() {
    Reply reply;
    if (!ask_listing("LIST", reply)) return false;
    const auto sizes = popcheck::listing(reply.body);
    if (!sizes) return fault("LIST", "a line that is no `number size`");
    const std::vector<std::pair<std::uint64_t, std::string>> all(sizes->begin(), sizes->end());
    const std::size_t step = plan_.pipelined ? pipelined_commands : 1;
    for (std::size_t from = 0; from < all.size(); from += step) {
      if (!retrieve(all, from, std::min(all.size(), from + step))) return false;
    }
    return true;
  }

  bool ask_capabilities() {
    Reply reply;
    return ask_listing("CAPA", reply);
  }

  bool quit() {
    const auto begun = Clock::now();
    wire_.send("QUIT\r\n");
    if (!accepted("QUIT", wire_.read_reply())) return false;
    tally_.command.push_back(Clock::now() - begun);
    ++tally_.sessions;
    return true;
  }

 private:
  bool retrieve(const std::vector<std::pair<std::uint64_t, std::string>>& all, std::size_t from,
                std::size_t to) {
    std::string commands;
    for (std::size_t i = from; i < to; ++i) {
      commands += "RETR " + std::to_string(all[i].first) + "\r\n";
    }
    transcript_.clear();
    const auto begun = Clock::now();
    wire_.send(commands);
    for (std::size_t i = from; i < to; ++i) {
      const std::string what = "RETR " + std::to_string(all[i].first);
      const Reply reply = wire_.read_multi_line();
      if (!plan_.pipelined) tally_.first_octet.push_back(wire_.status_line_at() - begun);
      if (!accepted(what, reply)) return false;
      const std::uint64_t size = popcheck::unstuffed(reply.body).size();
      if (popcheck::decimal(all[i].second) != size) {
        return fault(what,
                     "LIST says " + all[i].second + " octets, " + std::to_string(size) + " came");
      }
      ++tally_.messages;
      tally_.octets += size;
    }
    return true;
  }

  bool ask_listing(const std::string& command, Reply& reply) {
    const auto begun = Clock::now();
    wire_.send(command + "\r\n");
    reply = wire_.read_multi_line();
    tally_.command.push_back(wire_.status_line_at() - begun);
    return accepted(command, reply);
  }

  bool count_listed(const Reply& reply) {
    tally_.messages +=
        static_cast<std::uint64_t>(std::count(reply.body.begin(), reply.body.end(), '\n'));
    return true;
  }

  bool accepted(const std::string& what, const Reply& reply) {
    return (reply.ok() && reply.whole()) || fault(what, reply.shown());
  }

  bool fault(const std::string& what, const std::string& why) {
    tally_.faults.push_back(user_ + ": " + what + ": " + why);
    return false;
  }

  const Plan& plan_;
  Tally& tally_;
  std::string user_;
  std::string transcript_;
  Wire wire_;
};

void run_session(const Plan& plan, unsigned user, Tally& tally) {
  Session session(plan, user, tally);
  if (!session.open() || !session.log_in()) return;
  if (plan.scenario == Scenario::poll && !session.poll()) return;
  if (plan.scenario == Scenario::drain && !session.drain()) return;
  session.quit();
}

}  // namespace

void Tally::add(Tally&& other) {
  sessions += other.sessions;
  messages += other.messages;
  octets += other.octets;
  const auto append = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  append(greeting, other.greeting);
  append(login, other.login);
  append(first_octet, other.first_octet);
  append(command, other.command);
  append(faults, other.faults);
}

Tally run_load(const Plan& plan) {
  const unsigned concurrent = std::min(plan.concurrent, plan.users);
  std::vector<Tally> tallies(concurrent);
  std::vector<std::thread> threads;
  std::atomic<unsigned> begun = 0;
  for (unsigned own = 0; own < concurrent; ++own) {
    threads.emplace_back([&plan, &begun, &tally = tallies[own], own, concurrent] {
      // A thread keeps to users of its own: a maildrop is open in one session at a time.
      for (unsigned user = own; begun++ < plan.sessions && tally.faults.empty();) {
        run_session(plan, user, tally);
        user = user + concurrent < plan.users ? user + concurrent : own;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Tally all;
  for (Tally& tally : tallies) all.add(std::move(tally));
  return all;
}

Tally hold_idle(const Plan& plan, const std::function<void(const Tally&)>& opened) {
  Tally tally;
  std::vector<std::unique_ptr<Session>> held;
  for (unsigned number = 0; number < plan.sessions && tally.faults.empty(); ++number) {
    held.push_back(std::make_unique<Session>(plan, number % plan.users, tally));
    if (!held.back()->open()) break;
    Session& session = *held.back();
    if (plan.target.user.empty() ? session.ask_capabilities() : session.log_in()) ++tally.sessions;
  }
  opened(tally);
  return tally;
}

std::chrono::nanoseconds quantile(Times& times, double share) {
  if (times.empty()) return {};
  std::sort(times.begin(), times.end());
  const auto place = static_cast<std::size_t>(share * static_cast<double>(times.size()));
  return times[std::min(place, times.size() - 1)];
}

}  // namespace popload
