#include "popcheck/check.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <thread>

namespace popcheck {
namespace {

constexpr std::chrono::milliseconds between_attempts{50};
constexpr std::chrono::milliseconds longest_delay{60'000};

bool is_busy(const Reply& reply) {
  return reply.text().substr(0, 8) == "[IN-USE]" || reply.text().substr(0, 13) == "[LOGIN-DELAY]";
}

Capabilities capabilities_of(Wire wire) {
  Capabilities out;
  const Reply reply = ask_multi(wire, "CAPA");
  for (const std::string& line : lines(reply.body)) {
    const std::size_t space = std::min(line.find(' '), line.size());
    std::string name = line.substr(0, space);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    out.emplace(name, space < line.size() ? line.substr(space + 1) : "");
  }
  return out;
}

// Nothing when what the statement needs is there, otherwise what is missing.
std::string missing_need(unsigned needs, Context& context) {
  const Means& means = context.means();
  const Security security = context.target().security;
  if ((needs & Need::tls) != 0 && security == Security::none) return "--tls or --stls";
  if ((needs & Need::clear) != 0 && security == Security::tls) {
    return "a connection that begins in the clear, without --tls";
  }
  if ((needs & Need::deletes) != 0 && !means.destructive) {
    return "--destructive: it marks or deletes messages";
  }
  if ((needs & Need::delivery) != 0 && means.deliver.empty()) return "--deliver COMMAND";
  if ((needs & Need::patience) != 0 && means.idle.count() == 0) return "--idle SECONDS";
  if ((needs & (Need::mail | Need::spare_mail)) != 0 && context.messages() == 0) {
    return "a message in the maildrop, see --fixture";
  }
  return {};
}

}  // namespace

Context::Context(Target target, Means means)
    : target_(std::move(target)), patient_target_(target_), means_(std::move(means)) {
  patient_target_.patience = std::max(target_.patience, longest_delay);
}

Wire Context::greeted(const Target& target, const TlsWish& wish, Reply* greeting) {
  Wire wire(target, transcript);
  if (!wire.dial()) return wire;
  if (target.security == Security::tls && !wire.start_tls(wish)) return wire;
  const Reply said = wire.read_reply();
  if (greeting != nullptr) *greeting = said;
  return wire;
}

Wire Context::secured(const Target& target, const TlsWish& wish) {
  Wire wire = greeted(target, wish, nullptr);
  if (target.security == Security::stls && ask(wire, "STLS").ok()) wire.start_tls(wish);
  return wire;
}

Wire Context::open_in_clear(Reply* greeting) { return greeted(target_, {}, greeting); }
Wire Context::open(const TlsWish& wish) { return secured(target_, wish); }
Wire Context::open_patiently(const TlsWish& wish) { return secured(patient_target_, wish); }

Wire Context::logged_in(Reply* answer) {
  // A session that a statement left without QUIT may hold the maildrop for a moment.
  const auto deadline = std::chrono::steady_clock::now() + target_.patience;
  while (true) {
    Wire wire = open();
    const Reply reply = log_in(wire, target_);
    if (answer != nullptr) *answer = reply;
    if (!is_busy(reply) || std::chrono::steady_clock::now() > deadline) return wire;
    std::this_thread::sleep_for(between_attempts);
  }
}

const Capabilities& Context::capabilities() {
  if (!capabilities_) capabilities_ = capabilities_of(open());
  return *capabilities_;
}

const Capabilities& Context::capabilities_in_clear() {
  if (target_.security != Security::stls) return capabilities();
  if (!capabilities_in_clear_) capabilities_in_clear_ = capabilities_of(open_in_clear());
  return *capabilities_in_clear_;
}

bool Context::has_command(const std::string& name) {
  if (!capabilities().empty()) return can(name);
  if (name != "UIDL" && name != "TOP") return false;
  if (const auto known = commands_.find(name); known != commands_.end()) return known->second;
  Wire wire = logged_in();
  const bool there = ask_multi(wire, name == "TOP" ? "TOP 1 0" : name).ok();
  ask(wire, "QUIT");
  return commands_[name] = there;
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

std::optional<Drop> Context::drop() {
  Reply answer;
  Wire wire = logged_in(&answer);
  if (!answer.ok()) return std::nullopt;
  const auto sizes = listing(ask_multi(wire, "LIST").body);
  const auto uids = listing(ask_multi(wire, "UIDL").body);
  ask(wire, "QUIT");
  if (!sizes || !wire.trouble().empty()) return std::nullopt;
  Drop out;
  for (const auto& [number, size] : *sizes) {
    const bool known = uids && uids->count(number) != 0;
    out.push_back(known ? size + " " + uids->at(number) : size);
  }
  return out;
}

const std::vector<std::string>& Context::mail() {
  if (mail_) return *mail_;
  mail_.emplace();
  const std::uint64_t count = std::min(messages(), most_messages);
  while (mail_->size() < count) {
    Wire wire = logged_in();
    do {
      mail_->push_back(
          unstuffed(ask_multi(wire, "RETR " + std::to_string(mail_->size() + 1)).body));
    } while (mail_->size() < count && wire.trouble().empty());
    ask(wire, "QUIT");
  }
  return *mail_;
}

std::pair<std::string, std::uint64_t> Context::largest() {
  std::pair<std::string, std::uint64_t> out{"1", 0};
  Wire wire = logged_in();
  const auto list = listing(ask_multi(wire, "LIST").body);
  ask(wire, "QUIT");
  if (!list) return out;
  for (const auto& [number, size] : *list) {
    const std::uint64_t octets = decimal(size).value_or(0);
    if (octets > out.second) out = {std::to_string(number), octets};
  }
  return out;
}

std::size_t Context::unbufferable(std::uint64_t size) {
  constexpr std::size_t in_no_buffer = 32UL << 20U;
  return std::min<std::size_t>(in_no_buffer / (size + 1) + 2, 2000);
}

void Context::forget() {
  messages_.reset();
  mail_.reset();
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

std::string from_base64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  // The library decodes padding as NULs.
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

Outcome run_dialogue(Wire& wire, Context& context, const char* dialogue) {
  const Target& target = context.target();
  const std::vector<std::pair<std::string, std::string>> places{
      {"%u", target.user}, {"%p", target.password}, {"%n", std::to_string(context.messages())}};
  std::string last = "the greeting";
  for (const std::string& step : lines(dialogue)) {
    const std::string rest = step.size() > 2 ? step.substr(2) : "";
    if (step[0] == '>') {
      last = "`" + rest.substr(0, 60) + "`";
      std::string line = rest;
      for (const auto& [place, text] : places) {
        if (const auto at = line.find(place); at != std::string::npos) line.replace(at, 2, text);
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
  if (const std::string missing = missing_need(check.needs, context); !missing.empty()) {
    return not_applicable("needs " + missing);
  }
  const bool in_clear = (check.needs & Need::clear) != 0;
  if (check.capability != nullptr) {
    const bool there = in_clear ? context.capabilities_in_clear().count(check.capability) != 0
                                : context.has_command(check.capability);
    if (!there) return not_applicable(std::string("CAPA does not list ") + check.capability);
  }
  if (check.start == Start::special) return check.run(context);
  context.messages();  // known before the maildrop is held
  Reply answer;
  Wire wire = check.start == Start::logged_in ? context.logged_in(&answer) : context.open();
  if (!wire.trouble().empty()) return failed(wire.trouble());
  if (check.start == Start::logged_in && !answer.ok()) {
    return failed("cannot log in: " + answer.shown());
  }
  return run_dialogue(wire, context, check.dialogue);
}

}  // namespace popcheck
