// Arbitrary octets from a server, read by a client that wants everything; the first octet chooses
// how it is set up and how the octets are cut. What holds whatever comes: every command is one line
// of ours, secrets do not get into texts, no more is handed over than came in, messages that are
// called whole were ended, and the session ends.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "proto/pop3_client.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

Pop3Client::Options options_of(unsigned choice) {
  Pop3Client::Options options;
  options.host = "host";
  options.port = "110";
  options.security = (choice & 1) != 0 ? Pop3Security::stls : Pop3Security::clear;
  options.clear_text_login = (choice & 2) != 0;
  options.two_step = (choice & 4) != 0;
  options.credentials.user = "ann";
  ((choice & 8) != 0 ? options.credentials.token : options.credentials.password) = "s3cret";
  options.line_limit = 1000;
  options.entries_limit = 50;
  options.message_limit = 5000;
  return options;
}

void check_commands(std::string_view sent) {
  while (!sent.empty()) {
    const std::size_t end = sent.find("\r\n");
    require(end != std::string_view::npos);
    for (const char c : sent.substr(0, end)) require(c >= ' ' && c <= '~');
    sent.remove_prefix(end + 2);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned choice = data[0];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  Pop3Client client(options_of(choice));
  const std::size_t piece = (choice & 16) != 0 ? 1 : 1 + (choice >> 5) * 31;
  bool asked = false;
  bool quit = false;
  std::uint64_t handed_over = 0;
  for (std::size_t turns = 0;; ++turns) {
    require(turns < 100 + 20 * size);
    const auto action = client.next();
    if (std::holds_alternative<Pop3Client::Read>(action)) {
      if (input.empty()) {
        if (!client.on_quiet()) client.on_end();
        continue;
      }
      client.on_input(input.substr(0, piece));
      input.remove_prefix(std::min(piece, input.size()));
    } else if (const auto* send = std::get_if<Pop3Client::Send>(&action)) {
      check_commands(send->bytes);
      client.on_sent();
    } else if (std::holds_alternative<Pop3Client::StartTls>(action)) {
      require((choice & 1) != 0 && !client.tls());
      client.on_tls();
    } else if (std::holds_alternative<Pop3Client::Work>(action)) {
      client.on_end();  // deriving keys is slow, and tested elsewhere
      break;
    } else if (std::holds_alternative<Pop3Client::Ready>(action)) {
      require(client.logged_in() && !quit);
      if (asked) {
        client.quit();
        quit = true;
        continue;
      }
      asked = true;
      for (std::size_t i = 0; i < client.entries().size(); ++i) {
        require(client.entries()[i].uid.size() <= 255);
        client.retrieve(i);
        client.top(i, i);
        client.remove(i);
      }
      client.noop();
    } else if (const auto* part = std::get_if<Pop3Client::Part>(&action)) {
      require(!part->bytes.empty() && part->index < client.entries().size());
      handed_over += part->bytes.size();
      require(handed_over <= size);
      client.on_part();
    } else if (const auto* answer = std::get_if<Pop3Client::Answer>(&action)) {
      require(answer->octets <= size);
      client.on_answer();
    } else if (const auto* failed = std::get_if<Pop3Client::Failed>(&action)) {
      require(!failed->error.detail.empty());
      require(failed->error.detail.find("s3cret") == std::string::npos);
      break;
    } else {
      require(quit);
      break;
    }
  }
  return 0;
}
