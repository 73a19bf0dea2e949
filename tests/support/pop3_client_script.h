// Pop3ClientScript: drives a Pop3Client through a dialogue without a socket, and replays it with
// the server's octets split at every byte, or with each step failing in turn.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/pop3_client.h"

namespace postern {

class Pop3ClientScript {
 public:
  // What the server answers when the client has said `client`; empty: at once (the greeting).
  struct Exchange {
    std::string client;
    std::string server;
  };
  using Owner = std::function<void(Pop3Client&)>;

  // `at_first_ready` makes the owner's requests; later the owner quits, if it has not.
  Pop3ClientScript(Pop3Client::Options options, std::vector<Exchange> exchanges,
                   Owner at_first_ready = {})
      : options_(std::move(options)),
        exchanges_(std::move(exchanges)),
        at_first_ready_(std::move(at_first_ready)) {}

  struct Outcome {
    std::string sent;        // all that the client said
    std::string unexpected;  // what it said that the script does not know
    std::optional<Error> failure;
    bool finished = false;
    std::vector<Entry> entries;
    std::map<std::size_t, std::string> messages;  // whole ones, by index
    std::vector<std::string> answers;             // "retrieve 0 ok", "remove 1 failed"
    std::string method;
    std::size_t unmatched = 0;
    std::size_t steps = 0;     // Read, Send and StartTls
    std::size_t received = 0;  // octets from the server
    bool tls = false;
  };

  // At most `piece` octets a read, and none across the octet number `cut`. The step
  // `failing_step` (from 0) is answered with on_end().
  Outcome run(std::size_t piece = std::string::npos, std::size_t cut = 0,
              std::optional<std::size_t> failing_step = std::nullopt) const {
    Pop3Client client(options_);
    Outcome outcome;
    Server server{exchanges_, 0, "", ""};
    std::map<std::size_t, std::string> parts;
    bool asked = false;
    if (options_.security == Pop3Security::implicit_tls) client.on_tls(security);
    for (int turns = 0; turns < 1'000'000; ++turns) {
      const Pop3Client::Action action = client.next();
      if (client.logged_in() && outcome.entries.empty()) {
        outcome.entries.assign(client.entries().begin(), client.entries().end());
        outcome.unmatched = client.unmatched();
        outcome.method = client.login_method();
      }
      const bool waits = std::holds_alternative<Pop3Client::Read>(action) ||
                         std::holds_alternative<Pop3Client::Send>(action) ||
                         std::holds_alternative<Pop3Client::StartTls>(action);
      if (waits && outcome.steps++ == failing_step) {
        client.on_end();
        // A write that failed leaves nothing to read.
        server.pending.clear();
        server.exchanges.clear();
        if (std::holds_alternative<Pop3Client::Send>(action)) client.on_sent();
        if (std::holds_alternative<Pop3Client::StartTls>(action)) break;
        continue;
      }
      if (std::holds_alternative<Pop3Client::Read>(action)) {
        read(client, server, outcome, piece, cut);
      } else if (const auto* send = std::get_if<Pop3Client::Send>(&action)) {
        outcome.sent += send->bytes;
        server.heard += send->bytes;
        client.on_sent();
      } else if (std::holds_alternative<Pop3Client::StartTls>(action)) {
        outcome.tls = true;
        client.on_tls(security);
      } else if (std::holds_alternative<Pop3Client::Work>(action)) {
        client.work();
      } else if (std::holds_alternative<Pop3Client::Ready>(action)) {
        if (!std::exchange(asked, true) && at_first_ready_) {
          at_first_ready_(client);
        } else {
          client.quit();
        }
      } else if (const auto* part = std::get_if<Pop3Client::Part>(&action)) {
        const std::size_t index = part->index;
        parts[index] += client.take_part();
      } else if (const auto* answer = std::get_if<Pop3Client::Answer>(&action)) {
        note(*answer, parts, outcome);
        client.on_answer();
      } else if (const auto* failed = std::get_if<Pop3Client::Failed>(&action)) {
        outcome.failure = failed->error;
        break;
      } else {
        outcome.finished = true;
        break;
      }
    }
    outcome.unexpected = server.heard;
    return outcome;
  }

  // The same dialogue whole, octet by octet, and cut in two at every place.
  std::vector<Outcome> split_everywhere() const {
    std::vector<Outcome> outcomes{run(), run(1)};
    const std::size_t octets = outcomes.front().received;
    for (std::size_t cut = 1; cut < octets; ++cut) {
      outcomes.push_back(run(std::string::npos, cut));
    }
    return outcomes;
  }

  std::vector<Outcome> fail_each_step() const {
    std::vector<Outcome> outcomes;
    const std::size_t steps = run(7).steps;
    for (std::size_t step = 0; step < steps; ++step) outcomes.push_back(run(7, 0, step));
    return outcomes;
  }

  inline static const SaslSecurity security{"exporter", "end point", {}};

 private:
  struct Server {
    std::vector<Exchange> exchanges;
    std::size_t next;
    std::string heard;    // and not answered yet
    std::string pending;  // to be read

    void answer() {
      while (next < exchanges.size() && heard.starts_with(exchanges[next].client)) {
        heard.erase(0, exchanges[next].client.size());
        pending += exchanges[next++].server;
      }
    }
  };

  static void read(Pop3Client& client, Server& server, Outcome& outcome, std::size_t piece,
                   std::size_t cut) {
    server.answer();
    std::size_t count = std::min(piece, server.pending.size());
    if (outcome.received < cut) count = std::min(count, cut - outcome.received);
    // A server that has nothing more to say is silent, and then gone.
    if (count == 0) {
      if (!client.on_quiet()) client.on_end();
      return;
    }
    client.on_input(server.pending.substr(0, count));
    server.pending.erase(0, count);
    outcome.received += count;
  }

  static void note(const Pop3Client::Answer& answer, std::map<std::size_t, std::string>& parts,
                   Outcome& outcome) {
    static constexpr const char* names[]{"retrieve", "top", "remove", "noop"};
    outcome.answers.push_back(std::string(names[static_cast<int>(answer.request)]) + " " +
                              std::to_string(answer.index) + (answer.done ? " ok" : " failed"));
    const bool is_message = answer.request == Pop3Client::Request::retrieve ||
                            answer.request == Pop3Client::Request::top;
    if (!is_message || !answer.done) return;
    outcome.messages[answer.index] = std::exchange(parts[answer.index], {});
  }

  Pop3Client::Options options_;
  std::vector<Exchange> exchanges_;
  Owner at_first_ready_;
};

}  // namespace postern
