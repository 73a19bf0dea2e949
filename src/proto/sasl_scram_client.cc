#include "proto/sasl_scram_client.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/base64.h"

namespace postern {
namespace {

Error malformed() { return {Errc::bad_data, "the server's SCRAM message is malformed"}; }

// Takes "x=VALUE" from the front of `rest`, up to a comma or the end.
std::optional<std::string_view> take(std::string_view& rest, char name) {
  if (rest.size() < 2 || rest[0] != name || rest[1] != '=') return std::nullopt;
  const std::size_t comma = std::min(rest.find(','), rest.size());
  const std::string_view value = rest.substr(2, comma - 2);
  rest.remove_prefix(std::min(comma + 1, rest.size()));
  return value;
}

std::string exclusive_or(std::string a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
  return a;
}

}  // namespace

std::string encode_sasl_name(std::string_view name) {
  std::string encoded;
  for (const char c : name) {
    if (c == ',') {
      encoded += "=2C";
    } else if (c == '=') {
      encoded += "=3D";
    } else {
      encoded += c;
    }
  }
  return encoded;
}

// RFC 5802 section 6: "y" tells a server that does offer -PLUS that somebody took it off its list.
std::optional<SaslScramClient::Binding> SaslScramClient::choose_binding(
    const SaslSecurity& security, bool plus, bool plus_listed) {
  if (!plus) return Binding{security.binds() && !plus_listed ? "y" : "n"};
  if (!security.tls_exporter.empty()) return Binding{"p=tls-exporter", security.tls_exporter};
  if (security.tls_server_end_point.empty()) return std::nullopt;
  return Binding{"p=tls-server-end-point", security.tls_server_end_point};
}

SaslScramClient::SaslScramClient(ScramHash hash, const SaslCredentials& credentials,
                                 Binding binding, std::string_view random)
    : hash_(hash),
      credentials_(credentials),
      header_(binding.flag + "," +
              (credentials.on_behalf_of.empty()
                   ? ""
                   : "a=" + encode_sasl_name(credentials.on_behalf_of)) +
              ","),
      binding_(std::move(binding.octets)),
      nonce_(base64_encode(random)),
      first_bare_("n=" + encode_sasl_name(credentials.user) + ",r=" + nonce_) {}

std::optional<std::string> SaslScramClient::initial_response() {
  awaited_ = Awaited::server_first;
  return header_ + first_bare_;
}

Result<std::string> SaslScramClient::respond(std::string_view challenge) {
  switch (awaited_) {
    case Awaited::nothing_yet: return *initial_response();
    case Awaited::server_first: return on_server_first(challenge);
    case Awaited::server_final: return on_server_final(challenge);
    default: return malformed();
  }
}

// RFC 5802 section 3.
Result<std::string> SaslScramClient::on_server_first(std::string_view message) {
  std::string_view rest = message;
  const auto nonce = take(rest, 'r');
  const auto coded_salt = take(rest, 's');
  const auto count = take(rest, 'i');
  const auto salt = coded_salt ? base64_decode(*coded_salt) : std::nullopt;
  const std::uint64_t iterations = count ? parse_decimal(*count).value_or(0) : 0;
  if (!nonce || !salt || salt->empty() || iterations == 0) return malformed();
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) {
    return Error(Errc::bad_data, "the server's SCRAM nonce is not made of ours");
  }
  if (iterations < scram_least_iterations || iterations > most_iterations) {
    return Error(Errc::bad_data, "the server asks for " + std::to_string(iterations) +
                                     " iterations of SCRAM; between " +
                                     std::to_string(scram_least_iterations) + " and " +
                                     std::to_string(most_iterations) + " are accepted");
  }
  const std::string without_proof =
      "c=" + base64_encode(header_ + binding_) + ",r=" + std::string(*nonce);
  const std::string auth_message = first_bare_ + "," + std::string(message) + "," + without_proof;
  const std::string& prepared = credentials_.prepared_password;
  const HashKind kind = hash_kind(hash_);
  std::string salted = pbkdf2(kind, prepared.empty() ? credentials_.password : prepared, *salt,
                              static_cast<unsigned>(iterations));
  std::string client_key = hmac(kind, salted, "Client Key");
  const std::string proof =
      exclusive_or(client_key, hmac(kind, digest(kind, client_key), auth_message));
  server_signature_ = scram_server_signature(hash_, hmac(kind, salted, "Server Key"), auth_message);
  wipe(salted);
  wipe(client_key);
  awaited_ = Awaited::server_final;
  return without_proof + ",p=" + base64_encode(proof);
}

Result<std::string> SaslScramClient::on_server_final(std::string_view message) {
  awaited_ = Awaited::end;
  if (take(message, 'e')) {
    return Error(Errc::authentication, "the server refuses the proof of the password");
  }
  const auto coded = take(message, 'v');
  const auto signature = coded ? base64_decode(*coded) : std::nullopt;
  if (!signature || !equal_in_constant_time(*signature, server_signature_)) {
    return Error(Errc::bad_data,
                 "the server does not know the password itself; somebody may stand between");
  }
  server_signature_.clear();
  return std::string();
}

Result<void> SaslScramClient::finish() {
  if (awaited_ == Awaited::end && server_signature_.empty()) return {};
  return Error(Errc::bad_data, "the server claims that the login succeeded without proving itself");
}

}  // namespace postern
