#include "base/password_scheme.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/password.h"

namespace postern {
namespace {

struct HashScheme {
  std::string_view name;
  HashKind kind;
  std::size_t size;
  bool salted;  // the salt stands behind the hash
};

constexpr std::array hash_schemes{
    HashScheme{"MD5", HashKind::md5, 16, false},
    HashScheme{"SMD5", HashKind::md5, 16, true},
    HashScheme{"PLAIN-MD5", HashKind::md5, 16, false},
    HashScheme{"LDAP-MD5", HashKind::md5, 16, false},
    HashScheme{"SHA", HashKind::sha1, 20, false},
    HashScheme{"SHA1", HashKind::sha1, 20, false},
    HashScheme{"SSHA", HashKind::sha1, 20, true},
    HashScheme{"SHA256", HashKind::sha256, 32, false},
    HashScheme{"SSHA256", HashKind::sha256, 32, true},
    HashScheme{"SHA512", HashKind::sha512, 64, false},
    HashScheme{"SSHA512", HashKind::sha512, 64, true},
};

const HashScheme* find_hash_scheme(std::string_view name) {
  const auto found = std::find_if(hash_schemes.begin(), hash_schemes.end(),
                                  [&](const HashScheme& one) { return one.name == name; });
  return found == hash_schemes.end() ? nullptr : &*found;
}

bool is_crypt(std::string_view scheme) {
  return scheme == "CRYPT" || (scheme.size() > 6 && scheme.substr(scheme.size() - 6) == "-CRYPT");
}

std::optional<std::string> from_hex(std::string_view digits) {
  std::string octets;
  if (digits.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto octet = parse_hex(digits.substr(i, 2));
    if (!octet) return std::nullopt;
    octets += static_cast<char>(*octet);
  }
  return octets;
}

// QUIRK: {PLAIN-MD5} is hexadecimal, all the others base64, unless they say otherwise.
std::optional<std::string> decoded(std::string_view scheme, std::string_view writing,
                                   std::string_view data) {
  const bool hex = writing == "HEX" || (writing.empty() && scheme == "PLAIN-MD5");
  return hex ? from_hex(data) : base64_decode(data);
}

}  // namespace

std::optional<SchemedPassword> parse_schemed_password(std::string_view stored) {
  const std::size_t end = stored.find('}');
  if (stored.empty() || stored.front() != '{' || end == std::string_view::npos) return std::nullopt;
  std::string scheme = ascii_lowered(stored.substr(1, end - 1));
  for (char& c : scheme) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  std::string writing;
  if (const std::size_t dot = scheme.rfind('.'); dot != std::string::npos) {
    writing = scheme.substr(dot + 1);
    scheme.resize(dot);
    if (writing != "HEX" && writing != "B64" && writing != "BASE64") return std::nullopt;
  }
  const std::string_view data = stored.substr(end + 1);
  // {MD5} is either what MD5-CRYPT is or a plain hash.
  if (scheme == "MD5" && data.substr(0, 3) == "$1$") scheme = "MD5-CRYPT";
  if (find_hash_scheme(scheme) == nullptr && writing.empty()) {
    return SchemedPassword{std::move(scheme), std::string(data)};
  }
  auto octets = decoded(scheme, writing, data);
  if (!octets) return std::nullopt;
  return SchemedPassword{std::move(scheme), std::move(*octets)};
}

std::optional<ScramKeys> scram_keys_of(const SchemedPassword& stored, ScramHash hash) {
  const auto fields = split(stored.data, ',');
  if (stored.scheme != scram_name(hash) || fields.size() != 4) return std::nullopt;
  // The form of RFC 5803, whose checks then hold here, too.
  std::string text(scram_name(hash));
  text.append("$").append(fields[0]).append(":").append(fields[1]);
  text.append("$").append(fields[2]).append(":").append(fields[3]);
  return parse_scram_keys(hash, text);
}

bool verify_schemed_password(std::string_view password, const SchemedPassword& stored) {
  if (stored.scheme == "PLAIN" || stored.scheme == "CLEARTEXT") {
    return !stored.data.empty() && equal_in_constant_time(password, stored.data);
  }
  if (is_crypt(stored.scheme)) return verify_password(password, stored.data);
  for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
    const auto keys = scram_keys_of(stored, hash);
    if (!keys) continue;
    const ScramKeys made = derive_scram_keys(hash, password, keys->salt, keys->iterations);
    return equal_in_constant_time(made.stored_key, keys->stored_key);
  }
  const HashScheme* scheme = find_hash_scheme(stored.scheme);
  if (scheme == nullptr || stored.data.size() < scheme->size) return false;
  const std::string_view hash = std::string_view(stored.data).substr(0, scheme->size);
  const std::string_view salt = std::string_view(stored.data).substr(scheme->size);
  if (!scheme->salted && !salt.empty()) return false;
  std::string input(password);
  input += salt;
  const bool right = equal_in_constant_time(digest(scheme->kind, input), hash);
  wipe(input);
  return right;
}

std::string salted_sha256_password(std::string_view password) {
  const std::string salt = random_bytes(16);
  std::string input(password);
  input += salt;
  std::string stored = "{SSHA256}" + base64_encode(sha256(input) + salt);
  wipe(input);
  return stored;
}

}  // namespace postern
