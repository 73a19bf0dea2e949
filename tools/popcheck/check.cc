#include "popcheck/check.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

namespace popcheck {
namespace {

constexpr int most_attempts = 50;
constexpr std::chrono::milliseconds between_attempts{50};

}  // namespace

Wire Context::open_in_clear(Reply* greeting) {
  Wire wire(target_, transcript);
  if (!wire.dial()) return wire;
  if (target_.security == Security::tls && !wire.start_tls()) return wire;
  const Reply said = wire.read_reply();
  if (greeting != nullptr) *greeting = said;
  return wire;
}

Wire Context::open() {
  Wire wire = open_in_clear();
  if (target_.security == Security::stls && ask(wire, "STLS").ok()) wire.start_tls();
  return wire;
}

Wire Context::logged_in(Reply* answer) {
  // A session that a statement left without QUIT may hold the maildrop for a moment.
  for (int attempt = 1;; ++attempt) {
    Wire wire = open();
    const Reply reply = log_in(wire, target_);
    if (answer != nullptr) *answer = reply;
    if (attempt == most_attempts || reply.text().substr(0, 8) != "[IN-USE]") return wire;
    std::this_thread::sleep_for(between_attempts);
  }
}

const std::map<std::string, std::string>& Context::capabilities() {
  if (capabilities_) return *capabilities_;
  capabilities_.emplace();
  Wire wire = open();
  const Reply reply = ask_multi(wire, "CAPA");
  for (const std::string& line : lines(reply.body)) {
    const std::size_t space = std::min(line.find(' '), line.size());
    std::string name = line.substr(0, space);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    capabilities_->emplace(name, space < line.size() ? line.substr(space + 1) : "");
  }
  return *capabilities_;
}

bool Context::has_mechanism(std::string_view name) {
  if (!can("SASL")) return false;
  const auto all = words(capabilities().at("SASL"));
  return std::find(all.begin(), all.end(), name) != all.end();
}

std::uint64_t Context::messages() {
  if (messages_) return *messages_;
  Wire wire = logged_in();
  const auto said = words(ask(wire, "STAT").text());
  messages_ = said.empty() ? 0 : decimal(said[0]).value_or(0);
  ask(wire, "QUIT");
  return *messages_;
}

Reply ask(Wire& wire, const std::string& line) {
  wire.send(line + "\r\n");
  return wire.read_reply();
}

Reply ask_multi(Wire& wire, const std::string& line) {
  wire.send(line + "\r\n");
  return wire.read_multi_line();
}

Reply log_in(Wire& wire, const Target& target) {
  const Reply user = ask(wire, "USER " + target.user);
  return user.ok() ? ask(wire, "PASS " + target.password) : user;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Outcome run_dialogue(Wire& wire, const Target& target, const char* dialogue) {
  std::string last = "the greeting";
  for (const std::string& step : lines(dialogue)) {
    const std::string rest = step.size() > 2 ? step.substr(2) : "";
    if (step[0] == '>') {
      last = "`" + rest.substr(0, 60) + "`";
      std::string line = rest;
      if (const auto at = line.find("%u"); at != std::string::npos)
        line.replace(at, 2, target.user);
      if (const auto at = line.find("%p"); at != std::string::npos) {
        line.replace(at, 2, target.password);
      }
      wire.send(line + "\r\n");
    } else if (step[0] == '.') {
      if (!wire.wait_for_close()) return failed("the server did not close after " + last);
    } else {
      const Reply reply = step[0] == '=' ? wire.read_multi_line() : wire.read_reply();
      if (reply.line.compare(0, rest.size(), rest) != 0 || !reply.whole()) {
        return failed("wanted " + rest + " after " + last + ", got: " + reply.shown());
      }
    }
  }
  return passed();
}

Outcome run_check(const Check& check, Context& context) {
  const bool clear = context.target().security == Security::none;
  if ((check.needs & Need::tls) != 0 && clear) return not_applicable("needs --tls or --stls");
  if ((check.needs & Need::clear) != 0 && !clear) {
    return not_applicable("needs a connection in the clear, without --tls and --stls");
  }
  if ((check.needs & Need::deletes) != 0 && !context.destructive()) {
    return not_applicable("needs --destructive: it marks or deletes messages");
  }
  if ((check.needs & (Need::mail | Need::spare_mail)) != 0 && context.messages() == 0) {
    return not_applicable("needs a message in the maildrop, see --fixture");
  }
  if (check.capability != nullptr && !context.can(check.capability)) {
    return not_applicable(std::string("CAPA does not list ") + check.capability);
  }
  if (check.start == Start::special) return check.run(context);
  Reply answer;
  Wire wire = check.start == Start::logged_in ? context.logged_in(&answer) : context.open();
  if (!wire.trouble().empty()) return failed(wire.trouble());
  if (check.start == Start::logged_in && !answer.ok()) {
    return failed("cannot log in: " + answer.shown());
  }
  return run_dialogue(wire, context.target(), check.dialogue);
}

}  // namespace popcheck
