#include "rules/relays.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/ascii.h"
#include "rules/received.h"
#include "rules/received_forms.h"

namespace postern {

std::string to_string(const std::vector<Relay>& relays) {
  std::string text;
  for (const Relay& relay : relays) {
    if (!text.empty()) text += ' ';
    text += fmt::format(
        "[ ip={} rdns={} helo={} by={} ident={} envfrom={} intl={:d} id={} auth={} msa={:d} ]",
        relay.ip, relay.rdns, relay.helo, relay.by, relay.ident, relay.envelope_from,
        relay.internal, relay.id, relay.auth, relay.msa);
  }
  return text;
}

namespace {

// Walks from the newest hop down, and stops trusting at the first that gives no reason to.
class TrustWalk {
 public:
  TrustWalk(const RelayTrust& trust, Relays& out) : trust_(trust), out_(out) {}

  void pass() {
    if (trusted_) ++out_.last_trusted;
    if (internal_) ++out_.last_internal;
  }

  void fetched() {
    if (!fetch_allowed_) return;
    out_.trusted.clear();
    out_.internal.clear();
    out_.external.clear();
  }

  void add(Relay relay) {
    if (trusted_ && !found_msa_) decide(relay);
    relay.internal = internal_;
    pass();
    fetch_allowed_ = trusted_;
    (internal_ ? out_.internal : out_.external).push_back(relay);
    (trusted_ ? out_.trusted : out_.untrusted).push_back(std::move(relay));
  }

 private:
  void decide(Relay& relay) {
    const NetworkList& trusted = trust_.trusted.empty() ? trust_.internal : trust_.trusted;
    const NetworkList& internal = trust_.internal.empty() ? trust_.trusted : trust_.internal;
    if (trusted.empty()) {
      // Nobody said whom to trust: hops inside a network, and those that were authenticated.
      if (relay.is_private() || !relay.auth.empty()) return;
      trusted_ = internal_ = false;
      return;
    }
    const auto holds = [&relay](const NetworkList& list) {
      return list.contains(relay.ip) || is_loopback(relay.ip);
    };
    if (relay.auth.empty() && !holds(trusted)) {
      trusted_ = internal_ = false;
      return;
    }
    if (internal_ && relay.auth.empty() && !holds(internal)) internal_ = false;
    if (trust_.msa.contains(relay.ip)) found_msa_ = relay.msa = true;
  }

  static bool is_loopback(std::string_view ip) { return ip.substr(0, 4) == "127." || ip == "::1"; }

  const RelayTrust& trust_;
  Relays& out_;
  bool trusted_ = true;
  bool internal_ = true;
  bool found_msa_ = false;
  bool fetch_allowed_ = true;
};

}  // namespace

Relays Relays::parse(const Content& content, const RelayTrust& trust) {
  Relays relays;
  TrustWalk walk(trust, relays);
  const auto read = [&](std::string_view value) {
    Relay relay;
    switch (parse_received(value, relay)) {
      case ReceivedForm::relay: return walk.add(std::move(relay));
      case ReceivedForm::fetched: walk.fetched(); break;
      case ReceivedForm::unparseable: ++relays.unparseable; break;
      case ReceivedForm::skipped: break;
    }
    walk.pass();
  };
  for (const HeaderField& field : content.fields) {
    if (equals_ignoring_case(field.name, "Received")) read(field.raw);
  }
  static const re2::RE2 address(
      fmt::format("(?:^|[^0-9A-Za-z:.])({})(?:$|[^0-9A-Za-z:.-])", address_pattern));
  for (const std::string& name : trust.originating_headers) {
    std::string ip;
    const std::string_view value = content.value(name);
    if (re2::RE2::PartialMatch(re2::StringPiece(value.data(), value.size()), address, &ip)) {
      read("from X-Originating-IP: " + ip);
    }
  }
  return relays;
}

}  // namespace postern
