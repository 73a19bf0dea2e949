// Arbitrary answers of a client to each SASL mechanism: the first octet chooses the mechanism, what
// follows is a line an answer. What holds whatever comes: nobody is proven to be somebody without
// the keys, refusals can be sent as they are, and an exchange that has ended goes nowhere.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/base64.h"
#include "proto/sasl.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_failure(const SaslFailure& failure) {
  require(!failure.why.empty() && failure.why.size() < 200);
  for (const char c : failure.why) require(c >= ' ' && c <= '~');
}

void check_request(const LoginRequest& request, std::string_view mechanism) {
  const auto* settled = std::get_if<SettledProof>(&request.proof);
  // The keys below belong to no password: only a certificate proves anything here.
  if (settled != nullptr && settled->proven) {
    require(mechanism == "EXTERNAL");
    require(request.user == "ann@example.org" || request.user == "ann");
  }
  if (const auto* digest = std::get_if<DigestProof>(&request.proof)) {
    require(digest->digest.size() == 32);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const SaslSecurity security{"exporter", "end point", {"ann@example.org", "ann"}};
  const SaslOffer offer{{true, true, true, true}, true, security};
  const auto names = sasl_mechanisms(offer);
  const std::string_view mechanism = names[data[0] % names.size()];
  const auto server = make_sasl_server(mechanism, offer);
  require(server != nullptr);

  bool begun = false;
  for (const std::string_view line : split(input, '\n')) {
    SaslStep step = begun ? server->respond(line) : server->begin(line);
    begun = true;
    if (std::holds_alternative<SaslLookup>(step)) {
      require(!std::get<SaslLookup>(step).user.empty());
      step = server->on_keys({"salt", 4096, {{std::string(32, 'x'), std::string(32, 'y'), ""}}});
      require(std::holds_alternative<SaslChallenge>(step));
    }
    if (const auto* failure = std::get_if<SaslFailure>(&step)) {
      check_failure(*failure);
      break;
    }
    if (const auto* request = std::get_if<LoginRequest>(&step)) {
      check_request(*request, mechanism);
      break;
    }
  }
  // Base64 is its own inverse where it is base64 at all.
  if (const auto octets = base64_decode(input)) require(base64_encode(*octets) == input);
  return 0;
}
