#include "proto/sasl_oauth.h"

#include <algorithm>

#include "base/ascii.h"
#include "proto/sasl_scram.h"

namespace postern {
namespace {

constexpr char separator = '\x01';

// RFC 6750 section 2.1: b68token.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alnum(c) || std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

// "key=value" fields, each ended by 0x01, and one more at the end.
bool read_fields(std::string_view text, OAuthMessage& message) {
  if (text.size() < 2 || text.substr(text.size() - 2) != "\x01\x01") return false;
  text.remove_suffix(2);
  for (const std::string_view field : split(text, separator)) {
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view key = field.substr(0, equals);
    const std::string_view value = field.substr(equals + 1);
    constexpr std::string_view scheme = "Bearer ";
    if (key == "user") message.user = value;
    if (key == "host") message.host = value;
    if (key == "port") message.port = value;
    if (key == "auth" && starts_with_ignoring_case(value, scheme)) {
      message.token = trimmed(value.substr(scheme.size()));
    }
  }
  return is_token(message.token);
}

}  // namespace

// RFC 7628 section 3.1: gs2-header kvsep *kvpair kvsep. There is no channel binding.
std::optional<OAuthMessage> parse_oauthbearer(std::string_view message) {
  const std::size_t header_end = message.find(separator);
  if (header_end == std::string_view::npos) return std::nullopt;
  const auto header = split(message.substr(0, header_end), ',');
  if (header.size() != 3 || (header[0] != "n" && header[0] != "y") || !header[2].empty()) {
    return std::nullopt;
  }
  OAuthMessage read;
  if (!read_fields(message.substr(header_end + 1), read)) return std::nullopt;
  read.user.clear();
  if (!header[1].empty()) {
    if (header[1].substr(0, 2) != "a=") return std::nullopt;
    const auto name = decode_sasl_name(header[1].substr(2));
    if (!name) return std::nullopt;
    read.user = *name;
  }
  return read;
}

std::optional<OAuthMessage> parse_xoauth2(std::string_view message) {
  OAuthMessage read;
  if (!read_fields(message, read) || read.user.empty()) return std::nullopt;
  return read;
}

SaslStep OAuthServer::respond(std::string_view response) {
  const auto message =
      form_ == Form::xoauth2 ? parse_xoauth2(response) : parse_oauthbearer(response);
  if (!message) return SaslFailure{"malformed message"};
  return LoginRequest{message->user, "", BearerProof{message->token}};
}

// RFC 7628 section 3.2.2; XOAUTH2 says the same with a number.
std::optional<std::string> OAuthServer::refusal() const {
  return form_ == Form::xoauth2 ? R"({"status":"401","schemes":"Bearer","scope":""})"
                                : R"({"status":"invalid_token"})";
}

}  // namespace postern
