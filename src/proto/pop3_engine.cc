#include "proto/pop3_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/utf8.h"

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

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
}

// What of a piece of a message is header, the empty line left out.
std::string_view header_in(std::string_view piece) {
  if (piece.starts_with('\n') || piece.starts_with("\r\n")) return {};
  const std::size_t end = std::min(piece.find("\n\n"), piece.find("\n\r\n"));
  return piece.substr(0, end);
}

bool has_utf8(std::string_view text) { return !is_ascii(text) && is_utf8(text); }

}  // namespace

struct Pop3Engine::Command {
  std::string_view keyword;
  bool in_authorization;
  bool in_transaction;
  bool needs_argument;
  bool takes_argument;
  bool takes_utf8;
  void (Pop3Engine::*run)(std::string_view argument);
};

// RFC 1939 sections 4 to 7, RFC 2449 section 5, RFC 2595 section 4, RFC 5034 section 4, RFC 6856
// sections 2 and 3.
const Pop3Engine::Command* Pop3Engine::find_command(std::string_view keyword) {
  using Engine = Pop3Engine;
  static constexpr std::array<Command, 17> commands{{
      {"CAPA", true, true, false, false, false, &Engine::capa},
      {"USER", true, false, true, true, true, &Engine::user},
      {"PASS", true, false, true, true, true, &Engine::pass},
      {"AUTH", true, false, false, true, false, &Engine::auth},
      {"APOP", true, false, false, true, true, &Engine::apop},
      {"STLS", true, false, false, false, false, &Engine::stls},
      {"UTF8", true, false, false, false, false, &Engine::utf8},
      {"LANG", true, true, false, true, false, &Engine::lang},
      {"STAT", false, true, false, false, false, &Engine::stat},
      {"LIST", false, true, false, true, false, &Engine::list},
      {"UIDL", false, true, false, true, false, &Engine::uidl},
      {"RETR", false, true, true, true, false, &Engine::retr},
      {"TOP", false, true, true, true, false, &Engine::top},
      {"DELE", false, true, true, true, false, &Engine::dele},
      {"NOOP", false, true, false, false, false, &Engine::noop},
      {"RSET", false, true, false, false, false, &Engine::rset},
      {"QUIT", true, true, false, false, false, &Engine::quit},
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

Pop3Engine::~Pop3Engine() {
  forget_login();
  wipe(input_);
}

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
      release_input();
    } else {
      compact_input();
    }
    return std::nullopt;
  }
  consumed_ += newline + 1;
  const bool too_long = draining_line_ || newline + 1 > line_limit(rest);
  draining_line_ = false;
  if (too_long) {
    forget_input(rest.substr(0, newline));
    exchange_.reset();
    reject("line too long");
    return closing_ ? std::nullopt : take_line();
  }
  std::string_view line = rest.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

// Even a PASS that was refused, or came too early, holds somebody's password. What the line is must
// be asked before: STLS gives the buffer back that it stands in.
void Pop3Engine::execute(std::string_view line) {
  const bool holds_password = starts_with_ignoring_case(line, "PASS");
  run_command(line);
  if (holds_password) forget_input(line);
}

// What was said is not left behind in memory: neither where it stood before it moved ...
void Pop3Engine::compact_input() {
  if (consumed_ == 0) return;
  const auto rest = input_.begin() + static_cast<std::ptrdiff_t>(consumed_);
  std::fill(std::move(rest, input_.end(), input_.begin()), input_.end(), '\0');
  input_.resize(input_.size() - consumed_);
  consumed_ = 0;
}

// ... nor in a buffer that is given back.
void Pop3Engine::release_input() {
  wipe(input_);
  release_when_large(input_);
  consumed_ = 0;
}

void Pop3Engine::run_command(std::string_view line) {
  const std::size_t space = line.find(' ');
  const Command* command = find_command(line.substr(0, space));
  std::string_view argument =
      space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
  if (command == nullptr) return reject("unknown command");
  const bool is_password = command->run == &Pop3Engine::pass;
  // A password is every octet behind the first space; elsewhere stray spaces do no harm.
  if (!is_password) {
    argument = trimmed(argument);
    if (has_controls(line)) return reject("control characters are not allowed here");
    const bool readable = command->takes_utf8 ? is_utf8(line) : is_ascii(line);
    if (!readable) return reject("only ASCII is allowed here, and UTF-8 in names");
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
  refuse(why);
  if (++bad_commands_ >= options_.bad_commands_limit) {
    refuse("too many bad commands");
    closing_ = true;
  }
}

void Pop3Engine::reply(std::string_view line) {
  if (gone_) return;
  output_ += line;
  output_ += "\r\n";
}

void Pop3Engine::agree(std::string_view text) {
  reply(fmt::format("+OK {}", language_->phrase(text)));
}

void Pop3Engine::refuse(std::string_view text, std::string_view code) {
  reply(fmt::format("-ERR {}{}", code, language_->phrase(text)));
}

// RFC 2449 section 5; only what works now is listed.
void Pop3Engine::capa(std::string_view) {
  agree("capabilities follow");
  reply("TOP");
  if (password_allowed()) reply("USER");
  const auto mechanisms = sasl_mechanisms(sasl_offer());
  if (!mechanisms.empty()) reply(fmt::format("SASL {}", fmt::join(mechanisms, " ")));
  if (options_.stls && !tls_) reply("STLS");
  reply("UIDL");
  // RFC 6856 section 2.1: USER, where names and passwords may be in UTF-8.
  reply(password_allowed() ? "UTF8 USER" : "UTF8");
  reply("LANG");
  reply("PIPELINING");
  reply("RESP-CODES");
  reply("AUTH-RESP-CODE");
  reply("EXPIRE NEVER");
  if (options_.login_delay > 0) reply(fmt::format("LOGIN-DELAY {}", options_.login_delay));
  reply("IMPLEMENTATION " + options_.implementation);
  reply(".");
}

void Pop3Engine::stls(std::string_view) {
  if (tls_) return reject("TLS is on already");
  if (!options_.stls) return reject("TLS is not available here");
  // RFC 6856 section 2.1 forbids it to clients.
  if (utf8_) return reject("STLS must come before UTF8");
  // What follows in the clear would be read as if it had come under TLS: whoever put it there must
  // not gain by it (CVE-2011-0411).
  if (consumed_ < input_.size()) {
    release_input();
    refuse("commands behind STLS must wait until TLS is on");
    closing_ = true;
    return;
  }
  agree("begin TLS now");
  awaited_ = Awaited::tls;
}

// RFC 2595 section 4: what was said in the clear is forgotten.
void Pop3Engine::on_tls(SaslSecurity security) {
  awaited_ = Awaited::nothing;
  tls_ = true;
  security_ = std::move(security);
  release_input();
  user_.clear();
  utf8_ = false;
  language_ = &default_pop3_language();
}

// RFC 6856 section 2. Messages are sent in UTF-8 as they are; so all that it changes is which of
// them may be.
void Pop3Engine::utf8(std::string_view) {
  utf8_ = true;
  agree("UTF-8 it is");
}

// RFC 6856 section 3.
void Pop3Engine::lang(std::string_view argument) {
  if (argument.empty()) {
    agree("languages follow");
    for (const Pop3Language& one : pop3_languages()) reply(fmt::format("{} {}", one.tag, one.name));
    return reply(".");
  }
  const Pop3Language* const found = find_pop3_language(argument);
  if (found == nullptr)
    return refuse("that language is not available; LANG alone lists those that are");
  language_ = found;
  reply(fmt::format("+OK {} {}", found->tag, found->changed));
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
    refuse("no such message");
    return std::nullopt;
  }
  const auto index = static_cast<std::size_t>(*value - 1);
  if (deleted_[index]) {
    refuse("that message is deleted");
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
  const auto index = message_of(argument);
  if (!index) return;
  if (!options_.refuse_utf8_headers || utf8_) return list_one(*index);
  // RFC 6856 section 2: refused like RETR.
  fetch_ = {*index, 0};
  fetch_for_list_ = true;
  awaited_ = Awaited::message;
}

void Pop3Engine::list_one(std::size_t index) { reply("+OK " + listing_line(index, false)); }

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
  const bool for_list = std::exchange(fetch_for_list_, false);
  // Neither has one that may never read the refusal: see on_end().
  message_in_output_ = true;
  if (!message) {
    if (message.error().temporary()) return refuse("the message cannot be read now", "[SYS/TEMP] ");
    return refuse("the message cannot be read", "[SYS/PERM] ");
  }
  if (refuses(*message)) {
    return refuse("the header holds UTF-8, say UTF8 before you log in", "[UTF8] ");
  }
  if (for_list) return list_one(fetch_.index);
  if (fetch_.body_lines) {
    agree("top of message follows");
  } else {
    reply(fmt::format("+OK {} octets", entries_[fetch_.index].size));
  }
  encoder_.emplace(std::move(*message), fetch_.body_lines, options_.nul_replacement);
}

bool Pop3Engine::refuses(const Octets& message) const {
  if (!options_.refuse_utf8_headers || utf8_) return false;
  const std::string_view head = header_in(message.head);
  const bool ends_in_head = head.size() < message.head.size();
  return has_utf8(head) || (!ends_in_head && has_utf8(header_in(message.tail())));
}

void Pop3Engine::dele(std::string_view argument) {
  const auto index = message_of(argument);
  if (!index) return;
  deleted_[*index] = true;
  --remaining_;
  remaining_octets_ -= entries_[*index].size;
  agree("message will be deleted at QUIT");
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
  if (state_ == State::authorization) return agree("bye");
  for (std::size_t i = 0; i < deleted_.size(); ++i) {
    if (deleted_[i]) commit_.push_back(i);
  }
  awaited_ = Awaited::commit;
}

void Pop3Engine::on_commit(Result<void> done) {
  awaited_ = Awaited::nothing;
  entries_ = {};
  if (!done) return refuse("some deleted messages could not be removed", "[SYS/TEMP] ");
  reply(fmt::format("+OK {}, {} messages deleted", language_->phrase("bye"), commit_.size()));
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
