#include "proto/pop3_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

// Output is sent when it has so much, so that writes are few and memory is bounded.
constexpr std::size_t output_chunk = 64 * 1024;
// With so much output gathered, further pipelined commands wait.
constexpr std::size_t pipelined_output = 16 * 1024;
// Buffers above this size are given back when idle: thousands of sessions do nothing at a time.
constexpr std::size_t kept_capacity = 512;

void release_when_large(std::string& buffer) {
  buffer.clear();
  if (buffer.capacity() > kept_capacity) std::string().swap(buffer);
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

struct Pop3Engine::Command {
  std::string_view keyword;
  bool in_authorization;
  bool in_transaction;
  bool needs_argument;
  bool takes_argument;
  void (Pop3Engine::*run)(std::string_view argument);
};

// RFC 1939 sections 4 to 7, RFC 2449 section 5, RFC 2595 section 4, RFC 5034 section 4.
const Pop3Engine::Command* Pop3Engine::find_command(std::string_view keyword) {
  using Engine = Pop3Engine;
  static constexpr std::array<Command, 15> commands{{
      {"CAPA", true, true, false, false, &Engine::capa},
      {"USER", true, false, true, true, &Engine::user},
      {"PASS", true, false, true, true, &Engine::pass},
      {"AUTH", true, false, false, true, &Engine::auth},
      {"APOP", true, false, false, true, &Engine::apop},
      {"STLS", true, false, false, false, &Engine::stls},
      {"STAT", false, true, false, false, &Engine::stat},
      {"LIST", false, true, false, true, &Engine::list},
      {"UIDL", false, true, false, true, &Engine::uidl},
      {"RETR", false, true, true, true, &Engine::retr},
      {"TOP", false, true, true, true, &Engine::top},
      {"DELE", false, true, true, true, &Engine::dele},
      {"NOOP", false, true, false, false, &Engine::noop},
      {"RSET", false, true, false, false, &Engine::rset},
      {"QUIT", true, true, false, false, &Engine::quit},
  }};
  const auto* const found = std::find_if(commands.begin(), commands.end(), [&](const Command& one) {
    return equals_ignoring_case(one.keyword, keyword);
  });
  return found == commands.end() ? nullptr : found;
}

Pop3Engine::Pop3Engine(Options options) : options_(std::move(options)), tls_(options_.tls) {
  // RFC 1939 section 7: what looks like a Message-ID in the greeting offers APOP.
  if (options_.methods.digests) apop_challenge_ = fresh_challenge();
  reply("+OK Postern ready" + (apop_challenge_.empty() ? "" : " " + apop_challenge_));
}

Pop3Engine::~Pop3Engine() { forget_login(); }

Pop3Engine::Action Pop3Engine::next() {
  while (true) {
    if (state_ == State::closed) return Close{};
    // Nobody waits for a reply any more; only what a QUIT asked for is still to be done.
    if (gone_) release_when_large(output_);
    if (awaited_ == Awaited::message) return fetch_;
    if (awaited_ != Awaited::nothing) {
      // These may take long; what was said before must not wait for them.
      if (!output_.empty()) return Send{output_};
      if (awaited_ == Awaited::tls) return StartTls{};
      if (awaited_ == Awaited::keys) return FindKeys{lookup_->user, lookup_->hash};
      if (awaited_ == Awaited::login) return Login{*login_};
      return Commit{commit_};
    }
    fill_output();
    if (generating() || output_.size() >= pipelined_output) return Send{output_};
    if (!closing_) {
      if (const auto line = take_line()) {
        exchange_ ? answer(*line) : execute(*line);
        continue;
      }
    }
    if (!output_.empty()) return Send{output_};
    if (closing_ || gone_) {
      state_ = State::closed;
      continue;
    }
    return Read{};
  }
}

void Pop3Engine::on_input(std::string_view bytes) {
  // RFC 1939 section 6: after QUIT there is nothing more to say.
  if (!closing_) input_.append(bytes);
}

void Pop3Engine::on_end() {
  gone_ = true;
  // There is no way back to talking in the clear.
  if (awaited_ == Awaited::tls) state_ = State::closed;
  if (message_in_output_ || encoder_) state_ = State::closed;
  listing_at_.reset();
}

void Pop3Engine::on_sent() {
  release_when_large(output_);
  message_in_output_ = false;
}

void Pop3Engine::on_timeout() { state_ = State::closed; }

// The next line without its end, or nothing when none is complete. Valid until more input comes.
std::optional<std::string_view> Pop3Engine::take_line() {
  const std::string_view rest = std::string_view(input_).substr(consumed_);
  const std::size_t newline = rest.find('\n');
  if (newline == std::string_view::npos) {
    if (draining_line_ || rest.size() >= line_limit(rest)) {
      draining_line_ = true;
      release_when_large(input_);
    } else {
      input_.erase(0, consumed_);
    }
    consumed_ = 0;
    return std::nullopt;
  }
  consumed_ += newline + 1;
  const bool too_long = draining_line_ || newline + 1 > line_limit(rest);
  draining_line_ = false;
  if (too_long) {
    exchange_.reset();
    reject("line too long");
    return closing_ ? std::nullopt : take_line();
  }
  std::string_view line = rest.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

void Pop3Engine::execute(std::string_view line) {
  const std::size_t space = line.find(' ');
  const Command* command = find_command(line.substr(0, space));
  std::string_view argument =
      space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  if (command == nullptr) return reject("unknown command");
  const bool is_password = command->run == &Pop3Engine::pass;
  // A password is every octet behind the first space; elsewhere stray spaces do no harm.
  if (!is_password) {
    argument = trimmed(argument);
    if (!is_printable_ascii(line)) return reject("only ASCII is allowed here");
  }
  if (line.find('\0') != std::string_view::npos) return reject("a NUL is not allowed");
  const bool allowed =
      state_ == State::authorization ? command->in_authorization : command->in_transaction;
  if (!allowed) return reject("not now");
  if (command->needs_argument && argument.empty()) return reject("an argument is missing");
  if (!command->takes_argument && !argument.empty()) return reject("no argument is allowed");
  // What the command itself rejects (a number that is none, PASS before USER) is in the row, too.
  const unsigned bad_before = bad_commands_;
  (this->*command->run)(argument);
  if (bad_commands_ == bad_before) bad_commands_ = 0;
}

void Pop3Engine::reject(std::string_view why) {
  reply(fmt::format("-ERR {}", why));
  if (++bad_commands_ >= options_.bad_commands_limit) {
    reply("-ERR too many bad commands");
    closing_ = true;
  }
}

void Pop3Engine::reply(std::string_view line) {
  if (gone_) return;
  output_ += line;
  output_ += "\r\n";
}

// RFC 2449 section 5; only what works now is listed.
void Pop3Engine::capa(std::string_view) {
  reply("+OK capabilities follow");
  reply("TOP");
  if (password_allowed()) reply("USER");
  const auto mechanisms = sasl_mechanisms(sasl_offer());
  if (!mechanisms.empty()) reply(fmt::format("SASL {}", fmt::join(mechanisms, " ")));
  if (options_.stls && !tls_) reply("STLS");
  reply("UIDL");
  reply("PIPELINING");
  reply("RESP-CODES");
  reply("AUTH-RESP-CODE");
  reply("EXPIRE NEVER");
  reply("IMPLEMENTATION " + options_.implementation);
  reply(".");
}

void Pop3Engine::stls(std::string_view) {
  if (tls_) return reject("TLS is on already");
  if (!options_.stls) return reject("TLS is not available here");
  // What follows in the clear would be read as if it had come under TLS: whoever put it there must
  // not gain by it (CVE-2011-0411).
  if (consumed_ < input_.size()) {
    release_when_large(input_);
    consumed_ = 0;
    reply("-ERR commands behind STLS must wait until TLS is on");
    closing_ = true;
    return;
  }
  reply("+OK begin TLS now");
  awaited_ = Awaited::tls;
}

// RFC 2595 section 4: what was said in the clear is forgotten.
void Pop3Engine::on_tls(SaslSecurity security) {
  awaited_ = Awaited::nothing;
  tls_ = true;
  security_ = std::move(security);
  release_when_large(input_);
  consumed_ = 0;
  user_.clear();
}

void Pop3Engine::stat(std::string_view) {
  reply(fmt::format("+OK {} {}", remaining_, remaining_octets_));
}

std::optional<std::size_t> Pop3Engine::message_of(std::string_view number) {
  const auto value = parse_decimal(number);
  if (!value) {
    reject("that is no message number");
    return std::nullopt;
  }
  if (*value == 0 || *value > entries_.size()) {
    reply("-ERR no such message");
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(*value - 1);
  if (deleted_[index]) {
    reply("-ERR that message is deleted");
    return std::nullopt;
  }
  return index;
}

std::string Pop3Engine::listing_line(std::size_t index, bool uids) const {
  const Entry& entry = entries_[index];
  return uids ? fmt::format("{} {}", index + 1, entry.uid)
              : fmt::format("{} {}", index + 1, entry.size);
}

void Pop3Engine::begin_listing(bool uids) {
  reply(fmt::format("+OK {} messages ({} octets)", remaining_, remaining_octets_));
  if (gone_) return;
  listing_at_ = 0;
  listing_uids_ = uids;
}

void Pop3Engine::list(std::string_view argument) {
  if (argument.empty()) return begin_listing(false);
  if (const auto index = message_of(argument)) reply("+OK " + listing_line(*index, false));
}

void Pop3Engine::uidl(std::string_view argument) {
  if (argument.empty()) return begin_listing(true);
  if (const auto index = message_of(argument)) reply("+OK " + listing_line(*index, true));
}

void Pop3Engine::retr(std::string_view argument) {
  const auto index = message_of(argument);
  if (!index) return;
  fetch_ = {*index, std::nullopt};
  awaited_ = Awaited::message;
}

void Pop3Engine::top(std::string_view argument) {
  const std::size_t space = argument.find(' ');
  if (space == std::string_view::npos) return reject("TOP needs a message number and a line count");
  const auto lines = parse_decimal(trimmed(argument.substr(space)));
  if (!lines) return reject("that is no count of lines");
  const auto index = message_of(argument.substr(0, space));
  if (!index) return;
  fetch_ = {*index, *lines};
  awaited_ = Awaited::message;
}

void Pop3Engine::on_message(Result<Octets> message) {
  awaited_ = Awaited::nothing;
  if (gone_) {
    // A client that is gone has not got this message: whatever it asked for next is void.
    state_ = State::closed;
    return;
  }
  // Neither has one that may never read the refusal: see on_end().
  message_in_output_ = true;
  if (!message) {
    reply(message.error().temporary() ? "-ERR [SYS/TEMP] the message cannot be read now"
                                      : "-ERR [SYS/PERM] the message cannot be read");
    return;
  }
  reply(fetch_.body_lines ? std::string("+OK top of message follows")
                          : fmt::format("+OK {} octets", entries_[fetch_.index].size));
  encoder_.emplace(std::move(*message), fetch_.body_lines);
}

void Pop3Engine::dele(std::string_view argument) {
  const auto index = message_of(argument);
  if (!index) return;
  deleted_[*index] = true;
  --remaining_;
  remaining_octets_ -= entries_[*index].size;
  reply(fmt::format("+OK message {} will be deleted at QUIT", *index + 1));
}

void Pop3Engine::noop(std::string_view) { reply("+OK"); }

// Also the start of the TRANSACTION state: nothing is deleted.
void Pop3Engine::rset(std::string_view) {
  deleted_.assign(entries_.size(), false);
  remaining_ = entries_.size();
  remaining_octets_ = 0;
  for (const Entry& entry : entries_) remaining_octets_ += entry.size;
  reply(fmt::format("+OK {} messages ({} octets)", remaining_, remaining_octets_));
}

void Pop3Engine::quit(std::string_view) {
  closing_ = true;
  if (state_ == State::authorization) return reply("+OK bye");
  for (std::size_t i = 0; i < deleted_.size(); ++i) {
    if (deleted_[i]) commit_.push_back(i);
  }
  awaited_ = Awaited::commit;
}

void Pop3Engine::on_commit(Result<void> done) {
  awaited_ = Awaited::nothing;
  entries_ = {};
  reply(done ? fmt::format("+OK bye, {} messages deleted", commit_.size())
             : std::string("-ERR [SYS/TEMP] some deleted messages could not be removed"));
}

// Goes on with a LIST, UIDL or message until a chunk is full. The closing "." is added together
// with its CRLF, so no Send ends between them.
void Pop3Engine::fill_output() {
  while (listing_at_ && output_.size() < output_chunk) {
    if (*listing_at_ == entries_.size()) {
      listing_at_.reset();
      reply(".");
      break;
    }
    if (!deleted_[*listing_at_]) reply(listing_line(*listing_at_, listing_uids_));
    ++*listing_at_;
  }
  if (!encoder_) return;
  message_in_output_ = true;  // again for each piece
  if (!encoder_->fill(output_, output_chunk)) return;
  encoder_.reset();
  reply(".");
}

}  // namespace postern
