#include "proto/sasl.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/base64.h"
#include "proto/sasl_oauth.h"
#include "proto/sasl_scram.h"

namespace postern {
namespace {

// RFC 4616: [authzid] NUL authcid NUL passwd.
class PlainServer final : public SaslServer {
 public:
  SaslStep respond(std::string_view response) override {
    const auto fields = split(response, '\0');
    if (fields.size() != 3 || fields[1].empty()) return SaslFailure{"malformed message"};
    return LoginRequest{std::string(fields[1]), std::string(fields[0]),
                        PasswordProof{std::string(fields[2])}};
  }
};

// draft-murchison-sasl-login: two questions, whose words some clients compare.
class LoginServer final : public SaslServer {
 public:
  SaslStep begin(std::optional<std::string_view> initial_response) override {
    // QUIRK: Outlook and others send the name at once, as RFC 4422 allows no server-first
    // mechanism.
    if (initial_response) return respond(*initial_response);
    return SaslChallenge{"Username:"};
  }
  SaslStep respond(std::string_view response) override {
    if (response.find('\0') != std::string_view::npos) return SaslFailure{"malformed message"};
    if (!named_) {
      if (response.empty()) return SaslFailure{"a user name is missing"};
      named_ = true;
      user_ = response;
      return SaslChallenge{"Password:"};
    }
    return LoginRequest{user_, "", PasswordProof{std::string(response)}};
  }

 private:
  bool named_ = false;
  std::string user_;
};

// RFC 2195.
class CramMd5Server final : public SaslServer {
 public:
  SaslStep begin(std::optional<std::string_view> initial_response) override {
    if (initial_response) return SaslFailure{"CRAM-MD5 has no initial response"};
    return SaslChallenge{challenge_};
  }
  SaslStep respond(std::string_view response) override {
    const std::size_t space = response.rfind(' ');
    if (space == std::string_view::npos || space == 0) return SaslFailure{"malformed message"};
    std::string hex = ascii_lowered(response.substr(space + 1));
    if (hex.size() != 32) return SaslFailure{"malformed message"};
    return LoginRequest{std::string(response.substr(0, space)), "",
                        DigestProof{DigestProof::Kind::cram_md5, challenge_, std::move(hex)}};
  }

 private:
  const std::string challenge_ = fresh_challenge();
};

// RFC 4422 appendix A: the client's certificate says who it is; the message, as whom it acts.
class ExternalServer final : public SaslServer {
 public:
  explicit ExternalServer(const SaslSecurity& security) : security_(security) {}
  SaslStep respond(std::string_view response) override {
    const auto& names = security_.identities;
    if (response.find('\0') != std::string_view::npos) return SaslFailure{"malformed message"};
    if (response.empty()) return LoginRequest{names.front(), "", SettledProof{true, ""}};
    const bool proven = std::find(names.begin(), names.end(), response) != names.end();
    return LoginRequest{std::string(response), "", SettledProof{proven, ""}};
  }

 private:
  const SaslSecurity& security_;
};

using Maker = std::unique_ptr<SaslServer> (*)(const SaslOffer&);

template <ScramHash hash, bool plus>
std::unique_ptr<SaslServer> make_scram(const SaslOffer& offer) {
  return std::make_unique<ScramServer>(
      ScramServer::Setting{hash, plus, offer.security.binds(), base64_encode(random_bytes(18))},
      offer.security);
}

template <OAuthServer::Form form>
std::unique_ptr<SaslServer> make_oauth(const SaslOffer&) {
  return std::make_unique<OAuthServer>(form);
}

struct Mechanism {
  std::string_view name;
  bool (*works)(const SaslOffer&);
  Maker make;
};

// Strongest first: clients that have no opinion take the first one that they know.
constexpr std::array mechanisms{
    Mechanism{"EXTERNAL", [](const SaslOffer& offer) { return !offer.security.identities.empty(); },
              [](const SaslOffer& offer) -> std::unique_ptr<SaslServer> {
                return std::make_unique<ExternalServer>(offer.security);
              }},
    Mechanism{"SCRAM-SHA-256-PLUS",
              [](const SaslOffer& offer) {
                return offer.methods.scram_sha_256 && offer.security.binds();
              },
              make_scram<ScramHash::sha256, true>},
    Mechanism{
        "SCRAM-SHA-1-PLUS",
        [](const SaslOffer& offer) { return offer.methods.scram_sha_1 && offer.security.binds(); },
        make_scram<ScramHash::sha1, true>},
    Mechanism{"SCRAM-SHA-256", [](const SaslOffer& offer) { return offer.methods.scram_sha_256; },
              make_scram<ScramHash::sha256, false>},
    Mechanism{"SCRAM-SHA-1", [](const SaslOffer& offer) { return offer.methods.scram_sha_1; },
              make_scram<ScramHash::sha1, false>},
    // A token is a password that crosses the connection.
    Mechanism{"OAUTHBEARER",
              [](const SaslOffer& offer) { return offer.methods.bearer && offer.passwords; },
              make_oauth<OAuthServer::Form::oauthbearer>},
    Mechanism{"XOAUTH2",
              [](const SaslOffer& offer) { return offer.methods.bearer && offer.passwords; },
              make_oauth<OAuthServer::Form::xoauth2>},
    Mechanism{"PLAIN", [](const SaslOffer& offer) { return offer.passwords; },
              [](const SaslOffer&) -> std::unique_ptr<SaslServer> {
                return std::make_unique<PlainServer>();
              }},
    Mechanism{"LOGIN", [](const SaslOffer& offer) { return offer.passwords; },
              [](const SaslOffer&) -> std::unique_ptr<SaslServer> {
                return std::make_unique<LoginServer>();
              }},
    Mechanism{"CRAM-MD5", [](const SaslOffer& offer) { return offer.methods.digests; },
              [](const SaslOffer&) -> std::unique_ptr<SaslServer> {
                return std::make_unique<CramMd5Server>();
              }},
};

}  // namespace

std::vector<std::string_view> sasl_mechanisms(const SaslOffer& offer) {
  std::vector<std::string_view> names;
  for (const Mechanism& mechanism : mechanisms) {
    if (mechanism.works(offer)) names.push_back(mechanism.name);
  }
  return names;
}

std::unique_ptr<SaslServer> make_sasl_server(std::string_view mechanism, const SaslOffer& offer) {
  for (const Mechanism& one : mechanisms) {
    if (equals_ignoring_case(one.name, mechanism) && one.works(offer)) return one.make(offer);
  }
  return nullptr;
}

std::string fresh_challenge() { return "<" + to_hex(random_bytes(16)) + "@postern>"; }

}  // namespace postern
