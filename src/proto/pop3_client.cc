#include "proto/pop3_client.h"

#include <algorithm>
#include <boost/assert.hpp>

#include "base/ascii.h"
#include "base/crypto.h"

namespace postern {
namespace {

// A message is handed over in pieces of about this size.
constexpr std::size_t part_size = 64 * 1024;
// So many requests are under way at most; they are short, so the server takes them all.
constexpr std::size_t window = 32;
// QUIRK: RFC 1939 allows 70 octets.
constexpr std::size_t uid_limit = 255;
constexpr std::size_t quoted_limit = 200;

bool is_uid(std::string_view text) {
  return !text.empty() && text.size() <= uid_limit &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace

Pop3Client::Pop3Client(Options options) : options_(std::move(options)) {
  in_flight_.push_back({Command::greeting});
  const auto breaks_lines = [](std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
  };
  const SaslCredentials& who = options_.credentials;
  if (who.user.empty() || breaks_lines(who.user) || breaks_lines(who.on_behalf_of) ||
      breaks_lines(who.password) || breaks_lines(who.token)) {
    fail(Errc::authentication, "no server has a user of that name and password");
  }
}

Pop3Client::~Pop3Client() {
  wipe(output_);
  if (first_response_) wipe(*first_response_);
}

Pop3Client::Action Pop3Client::next() {
  BOOST_ASSERT(tls_ || options_.security != Pop3Security::implicit_tls || phase_ == Phase::over);
  while (true) {
    if (!part_.empty() && (part_.size() >= part_size || !decoder_)) {
      return Part{part_index_, part_};
    }
    if (answer_) return Answer{answer_->request, answer_->index, answer_->octets, answer_->done};
    if (phase_ == Phase::over) {
      if (finished_) return Finished{};
      return Failed{failure_};
    }
    if (!output_.empty()) return Send{output_};
    if (awaits_tls_) return StartTls{};
    if (awaits_work_) return Work{};
    if (advance()) continue;
    if (gone_) {
      const std::string_view service = foreign_service(unread());
      phase_ == Phase::greeting && !service.empty()
          ? fail(Errc::configuration, std::string(service) + " answers there: check the port")
          : fail(Errc::unavailable, "the server closed the connection");
      continue;
    }
    dispatch();
    if (!output_.empty()) continue;
    if (phase_ == Phase::ready && in_flight_.empty()) return Ready{};
    return Read{};
  }
}

void Pop3Client::on_input(std::string_view bytes) {
  if (phase_ == Phase::over) return;
  // Most octets are messages': they are copied once.
  if (decoder_ && !at_first_line_ && unread().empty()) {
    const std::size_t before = part_.size();
    bytes.remove_prefix(decoder_->decode(bytes, part_));
    received_ += part_.size() - before;
  }
  input_.append(bytes);
}

void Pop3Client::on_end() { gone_ = true; }

void Pop3Client::on_sent() {
  if (phase_ == Phase::login) wipe(output_);
  output_.clear();
}

void Pop3Client::on_tls(SaslSecurity security) {
  tls_ = true;
  security_ = std::move(security);
  if (!std::exchange(awaits_tls_, false)) return;
  // RFC 2595 section 4: what was said in the clear is forgotten.
  apop_challenge_.clear();
  ask_capabilities();
}

// QUIRK: Exchange 2000 puts the terminator behind a last line that has no end. Size and silence
// together tell that from a line that ends in a dot.
bool Pop3Client::on_quiet() {
  constexpr std::string_view end = ".\r\n";
  if (!decoder_ || decoder_->done() || in_flight_.size() != 1 || !unread().empty() ||
      in_flight_.front().command != Command::retr || !part_.ends_with(end) ||
      received_ - end.size() != entries_[part_index_].size) {
    return false;
  }
  part_.resize(part_.size() - end.size());
  received_ -= end.size();
  end_message();
  return true;
}

// Takes one step with what has come in; false when more is needed.
bool Pop3Client::advance() {
  if (decoder_) return on_message_octets();
  const auto line = take_line();
  if (line) on_line(*line);
  return line || phase_ == Phase::over;
}

std::optional<std::string_view> Pop3Client::take_line() {
  const std::string_view rest = unread();
  const std::size_t newline = rest.find('\n');
  if (std::min(newline, rest.size()) >= options_.line_limit) {
    fail(Errc::bad_data, "the server sends lines that are too long");
    return std::nullopt;
  }
  if (newline == std::string_view::npos) {
    input_.erase(0, std::exchange(consumed_, 0));
    return std::nullopt;
  }
  consumed_ += newline + 1;
  std::string_view line = rest.substr(0, newline);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void Pop3Client::on_line(std::string_view line) {
  if (!in_lines_) return on_status(line);
  if (line == ".") return end_lines();
  // No line of these lists begins with a dot, but a stuffed one would.
  if (line.starts_with('.')) line.remove_prefix(1);
  switch (in_flight_.front().command) {
    case Command::capa: return on_capability(line);
    case Command::uidl: return add_listed(line, true);
    default: return add_listed(line, false);
  }
}

void Pop3Client::end_lines() {
  const Command command = in_flight_.front().command;
  in_lines_ = false;
  in_flight_.pop_front();
  if (command == Command::capa) return plan_login();
  continue_listing();
}

void Pop3Client::on_status(std::string_view line) {
  // QUIRK: some servers send an empty line between replies.
  if (line.empty()) return;
  const Pop3Reply reply = parse_pop3_reply(line);
  const bool expected = !in_flight_.empty();
  if (reply.kind == Pop3Reply::Kind::foreign ||
      (!expected && reply.kind != Pop3Reply::Kind::refusal)) {
    return fail_garbled(line);
  }
  if (!expected) {
    const std::string text = "the server ends the session" + quoted(reply.text);
    return fail(Errc::unavailable, text);
  }
  const Pending pending = in_flight_.front();
  if (reply.kind == Pop3Reply::Kind::challenge && pending.command != Command::auth) {
    return fail_garbled(line);
  }
  // The message before ended where it seemed to: what follows it is no more of its text.
  if (unconfirmed_) answer_ = std::exchange(unconfirmed_, std::nullopt);
  on_reply(pending, reply);
}

void Pop3Client::on_reply(const Pending& pending, const Pop3Reply& reply) {
  const bool ok = reply.kind == Pop3Reply::Kind::ok;
  switch (pending.command) {
    case Command::auth: return on_auth(reply);
    case Command::capa:
    case Command::uidl:
    case Command::list:
      if (ok) {
        capabilities_.known |= pending.command == Command::capa;
        in_lines_ = true;
        return;
      }
      break;
    case Command::retr:
    case Command::top:
      if (ok) return begin_message(pending);
      break;
    default: break;
  }
  in_flight_.pop_front();
  switch (pending.command) {
    case Command::greeting: return on_greeting(reply);
    case Command::capa: return plan_login();
    case Command::stls: return on_stls(reply);
    case Command::user:
    case Command::pass:
    case Command::apop: return on_login_reply(reply);
    case Command::uidl:
    case Command::list: return on_listing_refused(pending, reply);
    case Command::stat: return on_stat(reply);
    case Command::probe: return;
    case Command::quit:
      if (!ok) return fail(Errc::unavailable, "the server could not finish" + quoted(reply.text));
      phase_ = Phase::over;
      finished_ = true;
      return;
    default: return settle(pending, reply);
  }
}

void Pop3Client::send(Pending pending, std::string_view line) {
  in_flight_.push_back(pending);
  output_ += line;
  output_ += "\r\n";
}

void Pop3Client::dispatch() {
  if (phase_ != Phase::ready) return;
  const std::size_t most = options_.pipelining && capabilities_.pipelining ? window : 1;
  while (!waiting_.empty() && in_flight_.size() < most) {
    const Pending pending = waiting_.front();
    waiting_.pop_front();
    send(pending, line_of(pending));
  }
  if (unconfirmed_ && in_flight_.empty()) send({Command::probe}, "NOOP");
}

std::string Pop3Client::line_of(const Pending& pending) const {
  if (pending.command == Command::quit) return "QUIT";
  if (pending.command == Command::noop) return "NOOP";
  const std::string number = std::to_string(numbers_[pending.index]);
  if (pending.command == Command::dele) return "DELE " + number;
  if (pending.command == Command::retr) return "RETR " + number;
  return "TOP " + number + " " + std::to_string(pending.lines);
}

void Pop3Client::begin_listing() {
  phase_ = Phase::listing;
  send({Command::uidl}, "UIDL");
  if (options_.pipelining && capabilities_.pipelining) {
    list_asked_ = true;
    send({Command::list}, "LIST");
  }
}

void Pop3Client::continue_listing() {
  if (!in_flight_.empty()) return;
  if (!std::exchange(list_asked_, true)) return send({Command::list}, "LIST");
  match_listings();
}

// QUIRK: some servers refuse LIST, UIDL or STAT where there is no message. That there is none must
// be said, though: a client that is told so forgets which messages it has.
void Pop3Client::on_listing_refused(const Pending& pending, const Pop3Reply& reply) {
  if (pending.command == Command::uidl) {
    uidl_refused_ = why_refused(reply);
    return continue_listing();
  }
  send({Command::stat}, "STAT");
}

void Pop3Client::on_stat(const Pop3Reply& reply) {
  const std::string_view count = reply.text.substr(0, reply.text.find(' '));
  const bool empty = reply.kind == Pop3Reply::Kind::ok && parse_decimal(count) == 0u;
  if (!empty) {
    return fail(Errc::unavailable, "the server does not list its messages" + quoted(reply.text));
  }
  continue_listing();
}

// RFC 1939 sections 5 (LIST) and 7 (UIDL). QUIRK: spaces of any number and at either end, text
// behind a size, UIDs that are too long or missing.
void Pop3Client::add_listed(std::string_view line, bool uids) {
  const std::string_view text = trimmed(line);
  if (text.empty()) return;
  const std::size_t number_end = std::min(text.find_first_of(" \t"), text.size());
  const auto number = parse_decimal(text.substr(0, number_end));
  const std::string_view value = trimmed(text.substr(number_end));
  if (!number || *number == 0) return fail_garbled(line);
  std::vector<Listed>& list = uids ? uids_ : sizes_;
  if (list.size() >= options_.entries_limit) {
    return fail(Errc::bad_data, "the server lists more than " +
                                    std::to_string(options_.entries_limit) + " messages");
  }
  if (uids) return list.push_back({*number, 0, is_uid(value) ? std::string(value) : ""});
  const auto size = parse_decimal(value.substr(0, value.find_first_of(" \t")));
  if (!size) return fail_garbled(line);
  list.push_back({*number, *size, ""});
}

void Pop3Client::match_listings() {
  const auto sort = [](std::vector<Listed>& list) {
    std::sort(list.begin(), list.end(),
              [](const Listed& a, const Listed& b) { return a.number < b.number; });
    return std::adjacent_find(list.begin(), list.end(), [](const Listed& a, const Listed& b) {
             return a.number == b.number;
           }) == list.end();
  };
  if (!sort(sizes_) || !sort(uids_)) {
    return fail(Errc::bad_data, "the server lists a message twice");
  }
  if (uidl_refused_ && !sizes_.empty()) {
    // A client that saw other UIDs would fetch everything again.
    if (capabilities_.uidl || *uidl_refused_ != Errc::no_input) {
      return fail(Errc::unavailable, "the server does not tell the messages' UIDs");
    }
    for (const Listed& one : sizes_) uids_.push_back({one.number, 0, ""});
  }
  entries_.reserve(sizes_.size());
  auto uid = uids_.begin();
  for (const Listed& one : sizes_) {
    while (uid != uids_.end() && uid->number < one.number) ++uid;
    if (uid == uids_.end() || uid->number != one.number) continue;
    numbers_.push_back(one.number);
    entries_.push_back({std::move(uid->uid), one.size});
  }
  unmatched_ = sizes_.size() + uids_.size() - 2 * entries_.size();
  std::vector<Listed>().swap(sizes_);
  std::vector<Listed>().swap(uids_);
  phase_ = Phase::ready;
}

void Pop3Client::begin_message(const Pending& pending) {
  decoder_.emplace();
  part_index_ = pending.index;
  received_ = 0;
  at_first_line_ = pending.command == Command::top;
}

// QUIRK: FTGate says "+OK" twice before what TOP gives. False while that cannot be told yet.
bool Pop3Client::is_past_status() {
  if (!at_first_line_) return true;
  const std::string_view rest = unread();
  const std::size_t newline = rest.find('\n');
  const bool may_be_status = rest.substr(0, 3) == std::string_view("+OK").substr(0, rest.size());
  if (may_be_status && newline == std::string_view::npos && rest.size() < options_.line_limit) {
    return false;
  }
  at_first_line_ = false;
  const bool is_status = may_be_status && newline != std::string_view::npos &&
                         rest.substr(0, newline).find(':') == std::string_view::npos;
  if (is_status) consumed_ += newline + 1;
  return true;
}

bool Pop3Client::on_message_octets() {
  if (!is_past_status()) return false;
  const std::string_view rest = unread();
  const std::size_t before = part_.size();
  consumed_ += decoder_->decode(rest, part_);
  received_ += part_.size() - before;
  if (received_ > options_.message_limit) {
    fail(Errc::bad_data,
         "a message has more than " + std::to_string(options_.message_limit) + " octets");
    return true;
  }
  if (decoder_->done()) {
    end_message();
    return true;
  }
  input_.erase(0, std::exchange(consumed_, 0));
  return part_.size() >= part_size;
}

// A message that is shorter than was said may have been cut by a line that a broken server sent
// without stuffing its dot. If so, the rest of it comes where a status line belongs.
void Pop3Client::end_message() {
  const Pending pending = in_flight_.front();
  in_flight_.pop_front();
  decoder_.reset();
  const bool whole = pending.command == Command::retr;
  Settled settled{whole ? Request::retrieve : Request::top, pending.index, received_, {}};
  const bool is_short = whole && received_ < entries_[pending.index].size;
  (is_short ? unconfirmed_ : answer_) = std::move(settled);
}

void Pop3Client::settle(const Pending& pending, const Pop3Reply& reply) {
  const Request request = pending.command == Command::retr   ? Request::retrieve
                          : pending.command == Command::top  ? Request::top
                          : pending.command == Command::dele ? Request::remove
                                                             : Request::noop;
  answer_ = Settled{request, pending.index, 0, {}};
  if (reply.kind == Pop3Reply::Kind::ok) return;
  const std::string text = options_.host + ": the server refuses " + line_of(pending);
  answer_->done = Error(why_refused(reply), text + quoted(reply.text));
}

void Pop3Client::fail(Errc kind, const std::string& what) {
  if (phase_ == Phase::over) return;
  phase_ = Phase::over;
  failure_ = Error(kind, options_.host + ": " + what);
  // A piece of a message that will never be whole.
  if (decoder_ || unconfirmed_) part_.clear();
  decoder_.reset();
  unconfirmed_.reset();
}

void Pop3Client::fail_garbled(std::string_view line) {
  const std::string_view service =
      phase_ == Phase::greeting ? foreign_service(line) : std::string_view();
  if (!service.empty()) {
    return fail(Errc::configuration, std::string(service) + " answers there: check the port");
  }
  fail(Errc::bad_data, "what came is not POP3" + quoted(line));
}

std::string Pop3Client::quoted(std::string_view text) const {
  // A server may repeat what it was told.
  for (const std::string* secret : {&options_.credentials.password, &options_.credentials.token}) {
    if (!secret->empty() && text.find(*secret) != std::string_view::npos) return "";
  }
  std::string shown;
  for (const char c : text.substr(0, quoted_limit)) shown += c >= ' ' && c <= '~' ? c : '?';
  return shown.empty() ? "" : " (it says: " + shown + ")";
}

}  // namespace postern
