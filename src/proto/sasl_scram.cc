#include "proto/sasl_scram.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/base64.h"

namespace postern {
namespace {

// A client's nonce has some 20 to 50 characters; longer ones only cost memory.
constexpr std::size_t nonce_limit = 512;

bool is_nonce(std::string_view text) {
  return !text.empty() && text.size() <= nonce_limit &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '!' && c <= '~' && c != ','; });
}

// Takes "x=VALUE" from the front of `rest`, up to a comma or the end; nothing when another
// attribute is there.
std::optional<std::string_view> take(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view value = rest.substr(2, comma - 2);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return value;
}

}  // namespace

std::optional<std::string> decode_sasl_name(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0' || text[i] == ',') return std::nullopt;
    if (text[i] != '=') {
      name += text[i];
      continue;
    }
    const std::string_view code = text.substr(i, 3);
    if (code != "=2C" && code != "=3D") return std::nullopt;
    name += code == "=2C" ? ',' : '=';
    i += 2;
  }
  if (name.empty()) return std::nullopt;
  return name;
}

ScramServer::ScramServer(Setting setting, const SaslSecurity& security)
    : setting_(std::move(setting)), security_(security) {}

ScramServer::~ScramServer() {
  for (auto& keys : candidates_.keys) {
    wipe(keys.stored_key);
    wipe(keys.server_key);
  }
}

SaslStep ScramServer::fail(const char* why) {
  awaited_ = Awaited::nothing;
  return SaslFailure{why};
}

SaslStep ScramServer::respond(std::string_view response) {
  switch (awaited_) {
    case Awaited::first: return on_first(response);
    case Awaited::final: return on_final(response);
    case Awaited::acknowledgement:
      awaited_ = Awaited::nothing;
      if (!response.empty()) return SaslFailure{"an empty answer was expected"};
      return request_;
    default: return fail("unexpected answer");
  }
}

// RFC 5802 section 6. A client that says "y" believes that we have no -PLUS mechanism; where we
// have, somebody took it off the list on the way.
std::optional<std::string> ScramServer::binding_of(std::string_view flag) const {
  if (!setting_.plus) {
    const bool downgraded = flag == "y" && setting_.plus_offered;
    if ((flag != "n" && flag != "y") || downgraded) return std::nullopt;
    return std::string();
  }
  const std::string* octets = nullptr;
  if (flag == "p=tls-exporter") octets = &security_.tls_exporter;
  if (flag == "p=tls-server-end-point") octets = &security_.tls_server_end_point;
  if (octets == nullptr || octets->empty()) return std::nullopt;
  return *octets;
}

// RFC 5802 section 7: gs2-header client-first-message-bare.
SaslStep ScramServer::on_first(std::string_view message) {
  const std::size_t flag_end = message.find(',');
  const std::size_t header_end =
      flag_end == std::string_view::npos ? flag_end : message.find(',', flag_end + 1);
  if (header_end == std::string_view::npos) return fail("malformed message");
  const auto binding = binding_of(message.substr(0, flag_end));
  if (!binding) return fail("that channel binding is not possible");

  const std::string_view authorization = message.substr(flag_end + 1, header_end - flag_end - 1);
  if (!authorization.empty()) {
    const auto name = authorization.substr(0, 2) == "a=" ? decode_sasl_name(authorization.substr(2))
                                                         : std::nullopt;
    if (!name) return fail("malformed message");
    request_.on_behalf_of = *name;
  }
  // An extension "m=" must be understood, and there is none to understand: take() refuses it.
  std::string_view rest = message.substr(header_end + 1);
  messages_ = std::string(rest) + ",";
  const auto raw_name = take(rest, 'n');
  const auto name = raw_name ? decode_sasl_name(*raw_name) : std::nullopt;
  const auto nonce = take(rest, 'r');
  if (!name || !nonce || !is_nonce(*nonce)) return fail("malformed message");
  request_.user = *name;
  expected_binding_ = base64_encode(std::string(message.substr(0, header_end + 1)) + *binding);
  nonce_ = std::string(*nonce) + setting_.nonce;
  awaited_ = Awaited::keys;
  return SaslLookup{request_.user, setting_.hash};
}

SaslStep ScramServer::on_keys(const ScramCandidates& candidates) {
  if (awaited_ != Awaited::keys) return fail("unexpected");
  candidates_ = candidates;
  const std::string server_first = "r=" + nonce_ + ",s=" + base64_encode(candidates.salt) +
                                   ",i=" + std::to_string(candidates.iterations);
  messages_ += server_first + ",";
  awaited_ = Awaited::final;
  return SaslChallenge{server_first};
}

SaslStep ScramServer::on_final(std::string_view message) {
  const std::size_t proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return fail("malformed message");
  const auto proof = base64_decode(message.substr(proof_at + 3));
  std::string_view rest = message.substr(0, proof_at);
  messages_ += rest;
  const auto binding = take(rest, 'c');
  const auto nonce = take(rest, 'r');
  if (!proof || !binding || !nonce) return fail("malformed message");
  if (*nonce != nonce_) return fail("that is not the nonce of this exchange");
  if (*binding != expected_binding_) return fail("the channel binding differs");

  // Every key is tried, so that time does not tell which one fits.
  const ScramCandidates::Keys* proven = nullptr;
  for (const auto& keys : candidates_.keys) {
    if (is_scram_proof(setting_.hash, keys.stored_key, messages_, *proof)) proven = &keys;
  }
  if (proven == nullptr) {
    awaited_ = Awaited::nothing;
    request_.proof = SettledProof{false, ""};
    return request_;
  }
  request_.proof = SettledProof{true, proven->device};
  awaited_ = Awaited::acknowledgement;
  return SaslChallenge{
      "v=" + base64_encode(scram_server_signature(setting_.hash, proven->server_key, messages_))};
}

}  // namespace postern
