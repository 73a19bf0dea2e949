// Statements about SCRAM and its channel bindings.
#include <openssl/x509.h>

#include <array>

#include "popcheck/check.h"
#include "popcheck/scram.h"

namespace popcheck {
namespace {

constexpr std::uint64_t fewest_iterations = 4096;  // RFC 7677 section 4

// What an exchange came to. `refused` at whatever step; otherwise `answer` is the server's last.
struct Exchange {
  bool refused = false;
  Reply answer;
  std::string fault;  // of the server's messages
};

ScramClient client_of(Context& context, bool sha256) {
  ScramClient out;
  out.digest = sha256 ? EVP_sha256() : EVP_sha1();
  out.user = context.target().user;
  out.password = context.target().password;
  out.nonce = "popcheck0123456789";
  out.header = "n,,";
  return out;
}

Exchange exchange(Wire& wire, const ScramClient& client, const std::string& mechanism) {
  Exchange out;
  out.answer = ask(wire, "AUTH " + mechanism);
  if (out.answer.refused() || !out.answer.whole()) return {true, out.answer, ""};
  out.answer = ask(wire, base64(client.first()));
  if (out.answer.refused() || !out.answer.whole()) return {true, out.answer, ""};
  const std::string first = from_base64(out.answer.text());
  const ScramChallenge challenge = scram_challenge(first);
  out.fault = challenge.fault;
  if (!out.fault.empty()) return out;
  if (challenge.nonce.size() <= client.nonce.size() ||
      challenge.nonce.compare(0, client.nonce.size(), client.nonce) != 0) {
    out.fault = "the server's nonce does not begin with ours, or adds nothing";
  }
  if (challenge.iterations < fewest_iterations) out.fault = "fewer than 4,096 iterations";
  std::string signature;
  out.answer = ask(wire, base64(client.final(first, &signature)));
  if (out.answer.line[0] == '+' && !out.answer.ok()) {
    if (from_base64(out.answer.text()) != "v=" + base64(signature) && out.fault.empty()) {
      out.fault = "the server's signature is wrong";
    }
    out.answer = ask(wire, "");
  } else if (out.answer.ok() && out.fault.empty()) {
    out.fault = "the server does not sign";
  }
  out.refused = !out.answer.ok();
  return out;
}

std::string mechanism(Context& context, bool plus) {
  for (const char* name : {"SCRAM-SHA-256", "SCRAM-SHA-1"}) {
    const std::string full = std::string(name) + (plus ? "-PLUS" : "");
    if (context.has_mechanism(full)) return full;
  }
  return {};
}

bool is_sha256(const std::string& name) { return name.find("256") != std::string::npos; }

Outcome without(const char* what) { return not_applicable(std::string("CAPA lists no ") + what); }

Outcome logs_in(const Exchange& done) {
  if (!done.fault.empty()) return failed(done.fault);
  return done.refused ? failed("got: " + done.answer.shown()) : passed();
}

Outcome is_refused(const Exchange& done, const char* what) {
  return done.answer.refused() ? passed()
                               : failed(std::string(what) + " got: " + done.answer.shown());
}

Outcome scram(Context& context) {
  const std::string name = mechanism(context, false);
  if (name.empty()) return without("SCRAM");
  Wire wire = context.open();
  return logs_in(exchange(wire, client_of(context, is_sha256(name)), name));
}

Outcome wrong_proof(Context& context) {
  const std::string name = mechanism(context, false);
  if (name.empty()) return without("SCRAM");
  ScramClient client = client_of(context, is_sha256(name));
  client.password += "-not";
  Wire wire = context.open_patiently();
  return is_refused(exchange(wire, client, name), "the proof of another password");
}

Outcome wrong_nonce(Context& context) {
  const std::string name = mechanism(context, false);
  if (name.empty()) return without("SCRAM");
  ScramClient client = client_of(context, is_sha256(name));
  client.nonce_tail = "x";
  Wire wire = context.open_patiently();
  return is_refused(exchange(wire, client, name), "another nonce");
}

Outcome downgrade(Context& context) {
  const std::string name = mechanism(context, false);
  if (name.empty() || mechanism(context, true).empty()) return without("SCRAM with -PLUS");
  ScramClient client = client_of(context, is_sha256(name));
  client.header = "y,,";
  Wire wire = context.open_patiently();
  return is_refused(exchange(wire, client, name), "`y`, as if there were no -PLUS,");
}

// RFC 9266 section 4.
std::string exporter(Wire& wire) {
  constexpr std::string_view label = "EXPORTER-Channel-Binding";
  std::array<unsigned char, 32> out{};
  SSL_export_keying_material(wire.tls(), out.data(), out.size(), label.data(), label.size(),
                             nullptr, 0, 0);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

// RFC 5929 section 4.1, for certificates signed with SHA-256 or less, as nearly all are.
std::string server_end_point(Wire& wire) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  const X509* certificate = SSL_get0_peer_certificate(wire.tls());
  int digest = NID_undef;
  X509_get_signature_info(const_cast<X509*>(certificate), &digest, nullptr, nullptr, nullptr);
  const EVP_MD* signed_with = EVP_get_digestbynid(digest);
  const bool weak = signed_with == nullptr || EVP_MD_get_size(signed_with) < 32;
  X509_digest(certificate, weak ? EVP_sha256() : signed_with, out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

Outcome bound(Context& context, const std::string& type, std::string (*binding)(Wire&), bool good) {
  const std::string name = mechanism(context, true);
  if (name.empty()) return without("SCRAM with -PLUS");
  const bool end_point = type == "tls-server-end-point";
  Wire wire = context.open_patiently(end_point ? TlsWish{TLS1_2_VERSION, "", ""} : TlsWish{});
  const int wanted = end_point ? TLS1_2_VERSION : TLS1_3_VERSION;
  if (!wire.secure() || SSL_version(wire.tls()) != wanted) {
    return not_applicable(end_point ? "TLS 1.2 is not spoken" : "TLS 1.3 is not spoken");
  }
  ScramClient client = client_of(context, is_sha256(name));
  client.header = "p=" + type + ",,";
  client.binding = binding(wire);
  const Exchange done = exchange(wire, client, name);
  return good ? logs_in(done) : is_refused(done, "it");
}

Outcome binds_to_exporter(Context& context) {
  return bound(context, "tls-exporter", exporter, true);
}
Outcome binds_to_end_point(Context& context) {
  return bound(context, "tls-server-end-point", server_end_point, true);
}
Outcome wrong_binding(Context& context) {
  const auto another = [](Wire& wire) {
    std::string out = server_end_point(wire);
    out[0] = static_cast<char>(out[0] ^ 1);
    return out;
  };
  return bound(context, "tls-server-end-point", another, false);
}
Outcome tls_unique(Context& context) {
  const auto finished = [](Wire& wire) {
    std::string out(64, '\0');
    out.resize(SSL_get_finished(wire.tls(), out.data(), out.size()));
    return out;
  };
  return bound(context, "tls-unique", finished, false);
}

}  // namespace

std::vector<Check> scram_checks() {
  const auto row = [](const char* id, const char* source, const char* text, unsigned needs,
                      Outcome (*run)(Context&)) {
    return Check{id, source, text, needs, Start::special, nullptr, run, "SASL"};
  };
  return {
      row("53a", "RFC 5802 5", "SCRAM logs in: nonce, 4,096 iterations, the server's signature",
          nothing, scram),
      row("53b", "RFC 5802 3", "SCRAM with another password is refused", nothing, wrong_proof),
      row("53c", "RFC 5802 5.1", "SCRAM with another nonce is refused", nothing, wrong_nonce),
      row("53d", "RFC 5802 6", "SCRAM: a downgrade from -PLUS is refused", tls, downgrade),
      row("54a", "RFC 9266 3", "SCRAM-PLUS binds to tls-exporter under TLS 1.3", tls,
          binds_to_exporter),
      row("54b", "RFC 5929 4", "SCRAM-PLUS binds to tls-server-end-point under TLS 1.2", tls,
          binds_to_end_point),
      row("54c", "RFC 5802 6", "SCRAM-PLUS bound to another channel is refused", tls,
          wrong_binding),
      row("54d", "RFC 8446 C.5", "tls-unique is refused under TLS 1.3", tls, tls_unique),
  };
}

}  // namespace popcheck
