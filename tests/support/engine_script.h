// EngineScript: drives a Pop3Engine through a dialogue without a socket, and replays it with the
// client's octets split at every byte, or with each step failing in turn.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/pop3_engine.h"

namespace postern {

class EngineScript {
 public:
  // A maildrop of these messages, as stored; user "u", password "p".
  explicit EngineScript(std::vector<std::string> messages, Pop3Engine::Options options = {})
      : messages_(std::move(messages)), options_(std::move(options)) {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      entries_.push_back({"uid" + std::to_string(i + 1), wire_size(messages_[i])});
    }
  }

  struct Outcome {
    std::string server;  // all that was sent
    std::vector<std::size_t> committed;
    bool committed_at_all = false;
    bool closed = false;
    std::size_t steps = 0;  // StartTls, Login, Fetch, Commit and Send
  };

  // The client sends `pieces` one after another whenever the engine reads, then goes.
  // `failing_step` (from 0) is answered with an error, or for Send with on_end().
  Outcome run(const std::vector<std::string>& pieces,
              std::optional<std::size_t> failing_step = std::nullopt) const {
    Pop3Engine engine(options_);
    Outcome outcome;
    std::size_t piece = 0;
    const auto fails = [&] { return failing_step == outcome.steps++; };
    // A dialogue of a few dozen commands needs far fewer turns; more would be a loop.
    for (int turns = 0; turns < 100'000; ++turns) {
      const Pop3Engine::Action action = engine.next();
      if (std::holds_alternative<Pop3Engine::Close>(action)) {
        outcome.closed = true;
        break;
      }
      if (std::holds_alternative<Pop3Engine::Read>(action)) {
        if (piece < pieces.size()) {
          engine.on_input(pieces[piece++]);
        } else {
          engine.on_end();
        }
      } else if (const auto* send = std::get_if<Pop3Engine::Send>(&action)) {
        if (fails()) {
          engine.on_end();
        } else {
          outcome.server += send->bytes;
          engine.on_sent();
        }
      } else if (std::holds_alternative<Pop3Engine::StartTls>(action)) {
        if (fails()) {
          engine.on_end();
        } else {
          outcome.server += "<TLS>";
          engine.on_tls();
        }
      } else if (const auto* keys = std::get_if<Pop3Engine::FindKeys>(&action)) {
        if (fails()) {
          engine.on_keys(Error(Errc::io, "disk"));
        } else {
          engine.on_keys(candidates(keys->hash));
        }
      } else if (const auto* login = std::get_if<Pop3Engine::Login>(&action)) {
        log_in(engine, *login, fails());
      } else if (const auto* fetch = std::get_if<Pop3Engine::Fetch>(&action)) {
        if (fails()) {
          engine.on_message(Error(Errc::io, "disk"));
        } else {
          engine.on_message(Octets{"", Blob::copy(messages_[fetch->index]), 0});
        }
      } else if (const auto* commit = std::get_if<Pop3Engine::Commit>(&action)) {
        outcome.committed_at_all = true;
        if (fails()) {
          engine.on_commit(Error(Errc::io, "disk"));
        } else {
          outcome.committed.assign(commit->deleted.begin(), commit->deleted.end());
          engine.on_commit(Result<void>());
        }
      }
    }
    return outcome;
  }

  // The same dialogue whole, octet by octet, and cut in two at every place.
  std::vector<Outcome> split_everywhere(const std::string& client) const {
    std::vector<Outcome> outcomes;
    outcomes.push_back(run({client}));
    std::vector<std::string> octets;
    for (const char c : client) octets.emplace_back(1, c);
    outcomes.push_back(run(octets));
    for (std::size_t cut = 1; cut < client.size(); ++cut) {
      outcomes.push_back(run({client.substr(0, cut), client.substr(cut)}));
    }
    return outcomes;
  }

  // The dialogue with its first step failing, then its second, ...
  std::vector<Outcome> fail_each_step(const std::vector<std::string>& pieces) const {
    std::vector<Outcome> outcomes;
    const std::size_t steps = run(pieces).steps;
    for (std::size_t step = 0; step < steps; ++step) outcomes.push_back(run(pieces, step));
    return outcomes;
  }

 private:
  static ScramCandidates candidates(ScramHash hash) {
    const ScramKeys keys = derive_scram_keys(hash, "p", "0123456789abcdef", 4096);
    return {keys.salt, keys.iterations, {{keys.stored_key, keys.server_key, ""}}};
  }

  static bool is_right(const LoginRequest& request) {
    if (const auto* settled = std::get_if<SettledProof>(&request.proof)) return settled->proven;
    const auto* password = std::get_if<PasswordProof>(&request.proof);
    return request.user == "u" && password != nullptr && password->password == "p";
  }

  void log_in(Pop3Engine& engine, const Pop3Engine::Login& login, bool fails) const {
    if (fails) {
      engine.on_login(Error(Errc::io, "disk"));
    } else if (is_right(login.request)) {
      engine.on_login(std::span<const Entry>(entries_));
    } else if (login.request.user == "busy") {
      engine.on_login(Error(Errc::busy, "held"));
    } else if (login.request.user == "soon") {
      engine.on_login(Error(Errc::too_soon, "again"));
    } else if (login.request.user == "gone") {
      engine.on_login(Error(Errc::no_input, "no such folder"));
    } else {
      engine.on_login(Error(Errc::authentication, "wrong"));
    }
  }

  std::vector<std::string> messages_;
  Pop3Engine::Options options_;
  std::vector<Entry> entries_;
};

}  // namespace postern
