#include "proto/sasl_client.h"

#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/crypto.h"
#include "proto/sasl_scram_client.h"

namespace postern {
namespace {

Error unexpected_challenge() {
  return {Errc::bad_data, "the server goes on asking when the login is complete"};
}

// RFC 4616.
class PlainClient final : public SaslClient {
 public:
  explicit PlainClient(const SaslCredentials& credentials) : credentials_(credentials) {}

  std::optional<std::string> initial_response() override {
    said_ = true;
    return credentials_.on_behalf_of + '\0' + credentials_.user + '\0' + credentials_.password;
  }
  Result<std::string> respond(std::string_view) override {
    if (said_) return unexpected_challenge();
    return *initial_response();
  }

 private:
  const SaslCredentials& credentials_;
  bool said_ = false;
};

// There is no standard; what the challenges say differs, their order does not.
class LoginClient final : public SaslClient {
 public:
  explicit LoginClient(const SaslCredentials& credentials) : credentials_(credentials) {}

  Result<std::string> respond(std::string_view) override {
    switch (said_++) {
      case 0: return credentials_.user;
      case 1: return credentials_.password;
      default: return unexpected_challenge();
    }
  }
  bool has_more_to_say() const override { return said_ < 2; }

 private:
  const SaslCredentials& credentials_;
  unsigned said_ = 0;
};

class CramMd5Client final : public SaslClient {
 public:
  explicit CramMd5Client(const SaslCredentials& credentials) : credentials_(credentials) {}

  Result<std::string> respond(std::string_view challenge) override {
    if (std::exchange(said_, true)) return unexpected_challenge();
    if (challenge.empty()) {
      return Error(Errc::bad_data, "the server's challenge for CRAM-MD5 is empty");
    }
    return credentials_.user + " " + to_hex(hmac(HashKind::md5, credentials_.password, challenge));
  }
  bool has_more_to_say() const override { return !said_; }

 private:
  const SaslCredentials& credentials_;
  bool said_ = false;
};

class BearerClient final : public SaslClient {
 public:
  BearerClient(std::string message, std::string acknowledgement)
      : message_(std::move(message)), acknowledgement_(std::move(acknowledgement)) {}
  ~BearerClient() override { wipe(message_); }

  std::optional<std::string> initial_response() override {
    said_ = true;
    return message_;
  }
  // What is asked after the token was said is an error in JSON; it must be answered, and then the
  // refusal comes (RFC 7628 section 3.2.3).
  Result<std::string> respond(std::string_view) override {
    if (!said_) return *initial_response();
    if (std::exchange(told_why_, true)) return unexpected_challenge();
    return acknowledgement_;
  }

 private:
  std::string message_;
  const std::string acknowledgement_;
  bool said_ = false;
  bool told_why_ = false;
};

std::unique_ptr<SaslClient> make_bearer_client(bool google_form, const SaslCredentials& who,
                                               const SaslTarget& target) {
  const std::string bearer = "auth=Bearer " + who.token + "\x01\x01";
  if (google_form) {
    return std::make_unique<BearerClient>("user=" + who.user + "\x01" + bearer, "");
  }
  return std::make_unique<BearerClient>("n,a=" + encode_sasl_name(who.user) +
                                            ",\x01host=" + target.host + "\x01port=" + target.port +
                                            "\x01" + bearer,
                                        "\x01");
}

std::unique_ptr<SaslClient> make_scram_client(std::string_view mechanism,
                                              const SaslCredentials& credentials,
                                              const SaslTarget& target, bool plus_listed) {
  struct Form {
    std::string_view name;
    ScramHash hash;
    bool plus;
  };
  static constexpr std::array<Form, 4> forms{{{"SCRAM-SHA-1", ScramHash::sha1, false},
                                              {"SCRAM-SHA-1-PLUS", ScramHash::sha1, true},
                                              {"SCRAM-SHA-256", ScramHash::sha256, false},
                                              {"SCRAM-SHA-256-PLUS", ScramHash::sha256, true}}};
  for (const Form& form : forms) {
    if (!equals_ignoring_case(form.name, mechanism)) continue;
    const auto binding = SaslScramClient::choose_binding(target.security, form.plus, plus_listed);
    if (!binding) return nullptr;
    return std::make_unique<SaslScramClient>(form.hash, credentials, *binding, random_bytes(18));
  }
  return nullptr;
}

}  // namespace

SaslCredentials::~SaslCredentials() {
  wipe(password);
  wipe(prepared_password);
  wipe(token);
}

std::unique_ptr<SaslClient> make_sasl_client(std::string_view mechanism,
                                             const SaslCredentials& credentials,
                                             const SaslTarget& target, bool plus_listed) {
  const auto is = [&](std::string_view name) { return equals_ignoring_case(mechanism, name); };
  const bool bearer = is("XOAUTH2") || is("OAUTHBEARER");
  if (bearer ? credentials.token.empty() : credentials.password.empty()) return nullptr;
  if (bearer) return make_bearer_client(is("XOAUTH2"), credentials, target);
  if (is("PLAIN")) return std::make_unique<PlainClient>(credentials);
  if (is("LOGIN")) return std::make_unique<LoginClient>(credentials);
  if (is("CRAM-MD5")) return std::make_unique<CramMd5Client>(credentials);
  return make_scram_client(mechanism, credentials, target, plus_listed);
}

}  // namespace postern
