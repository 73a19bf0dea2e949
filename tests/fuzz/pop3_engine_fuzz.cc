// Arbitrary octets from a client, answered by an owner whose failures the input chooses, too.
// What holds whatever happens: replies are framed as RFC 1939 says, nothing is removed without
// QUIT, and the session ends.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "proto/pop3_engine.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

// Removes one status line and, where its text says that more follows, what follows.
void check_replies(std::string_view server) {
  while (!server.empty()) {
    const std::size_t end = server.find("\r\n");
    require(end != std::string_view::npos && end + 2 <= 512);
    const std::string_view status = server.substr(0, end);
    const bool challenge = status.substr(0, 2) == "+ ";
    require(challenge || status.substr(0, 3) == "+OK" || status.substr(0, 4) == "-ERR");
    server.remove_prefix(end + 2);
    const bool listing = status.find(" messages (") != std::string_view::npos && !server.empty() &&
                         server.substr(0, 1) != "+" && server.substr(0, 1) != "-";
    const bool multi_line = listing || status.find("follow") != std::string_view::npos ||
                            status.find("es folg") != std::string_view::npos ||
                            (status.size() > 7 && status.substr(status.size() - 7) == " octets");
    if (!multi_line) continue;
    if (server.substr(0, 3) == ".\r\n") {
      server.remove_prefix(3);
      continue;
    }
    const std::size_t stop = server.find("\r\n.\r\n");
    require(stop != std::string_view::npos);
    server.remove_prefix(stop + 5);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const unsigned failures = input.empty() ? 0 : static_cast<unsigned char>(input.front());
  if (!input.empty()) input.remove_prefix(1);
  const std::string body = "Subject: x\n\n.\n..\r\nlast\rline";
  const std::string international = std::string("Subject: \xc3\xbc\n\n\0", 14) + body;
  const std::vector<Entry> entries{{"a", wire_size(body)}, {"b", wire_size(international)}};

  Pop3Engine::Options options;
  options.stls = (failures & 1) != 0;
  options.methods = {true, true, true, true};
  options.refuse_utf8_headers = (failures & 2) != 0;
  if ((failures & 4) != 0) options.nul_replacement = '\x80';
  Pop3Engine engine(options);
  std::string server;
  unsigned step = 0;
  bool committed = false;
  const std::string all(input);
  // The last quarter of the first octet's values: nobody takes the output any more from a turn on.
  const int left_at = failures >= 192 ? static_cast<int>(failures - 192) : -1;
  bool left = false;
  const auto fails = [&] { return ((failures >> (step++ & 7)) & 1) != 0; };
  for (int turns = 0;; ++turns) {
    require(turns < 1'000'000);
    const auto action = engine.next();
    if (std::holds_alternative<Pop3Engine::Close>(action)) break;
    if (std::holds_alternative<Pop3Engine::Read>(action)) {
      if (input.empty()) {
        engine.on_end();
        continue;
      }
      const std::size_t count = 1 + (failures * 7 + static_cast<unsigned>(turns)) % 300;
      engine.on_input(input.substr(0, count));
      input.remove_prefix(std::min(count, input.size()));
    } else if (const auto* send = std::get_if<Pop3Engine::Send>(&action)) {
      require(!left && !send->bytes.empty() && send->bytes.size() < 70'000);
      if (left_at >= 0 && turns >= left_at) {
        left = true;
        if (left_at % 4 != 0) {
          engine.on_end();
          continue;
        }
        engine.on_timeout();
        require(std::holds_alternative<Pop3Engine::Close>(engine.next()));
        continue;
      }
      server += send->bytes;
      engine.on_sent();
    } else if (std::holds_alternative<Pop3Engine::StartTls>(action)) {
      require(options.stls && !engine.tls());
      engine.on_tls();
      require(engine.tls());
    } else if (std::holds_alternative<Pop3Engine::FindKeys>(action)) {
      if (fails()) {
        engine.on_keys(Error(Errc::io, ""));
      } else {
        engine.on_keys(ScramCandidates{"salt", 4096, {{"stored", "server", ""}}});
      }
    } else if (std::holds_alternative<Pop3Engine::Login>(action)) {
      if (fails()) {
        engine.on_login(Error(Errc::authentication, ""));
      } else {
        engine.on_login(std::span<const Entry>(entries));
      }
    } else if (const auto* fetch = std::get_if<Pop3Engine::Fetch>(&action)) {
      const std::string& text = fetch->index == 0 ? body : international;
      if (fails()) {
        engine.on_message(Error(Errc::io, ""));
      } else {
        engine.on_message(Octets{"X: y\r\n", Blob::copy(text), 0});
      }
    } else {
      require(!committed);
      committed = true;
      if (fails()) {
        engine.on_commit(Error(Errc::io, ""));
      } else {
        engine.on_commit(Result<void>());
      }
    }
  }
  require(!committed || find_ignoring_case(all, "quit") != std::string::npos);
  // A peer that left may have taken half a reply.
  if (!left) check_replies(server);
  return 0;
}
