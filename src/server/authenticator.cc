#include "server/authenticator.h"

#include "base/ascii.h"
#include "base/password.h"
#include "base/password_scheme.h"
#include "base/secret_key.h"
#include "mail/saslprep.h"

namespace postern {
namespace {

// So old may be what a session offers.
constexpr std::int64_t methods_lifetime = 2;
// A write to disk for each login would be dear, and nobody needs to know it better.
constexpr std::chrono::hours last_seen_grain{1};

constexpr std::string_view decoy_setting = "scram_decoy_key";
constexpr std::string_view decoy_context = "decoy";

Error wrong_proof() { return {Errc::authentication, "wrong user name or password"}; }

std::string digest_of(const DigestProof& proof, std::string_view secret) {
  if (proof.kind == DigestProof::Kind::cram_md5) {
    return to_hex(hmac(HashKind::md5, secret, proof.challenge));
  }
  std::string input = proof.challenge;
  input += secret;
  std::string code = to_hex(digest(HashKind::md5, input));
  wipe(input);
  return code;
}

const std::string& keys_text(const PasswordKeys& keys, ScramHash hash) {
  return hash == ScramHash::sha1 ? keys.scram_sha_1 : keys.scram_sha_256;
}

LoginMethods unpack(unsigned bits) { return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0}; }

}  // namespace

std::string secret_context(std::string_view user, std::string_view device) {
  // The name's length first, so that nothing can move between the two.
  return std::to_string(user.size()) + ":" + std::string(user) + ":" + std::string(device);
}

Authenticator::Authenticator(Setting setting, StateStore& store)
    : setting_(std::move(setting)),
      store_(store),
      passwd_file_(setting_.passwd_file, setting_.logger),
      login_cache_(setting_.login_cache_lifetime, setting_.clock),
      decoy_secret_key_(random_bytes(32)),
      decoy_sealed_(seal(decoy_secret_key_, decoy_context, random_bytes(16))) {}

std::optional<LoginMethods> Authenticator::known_methods() const {
  if (setting_.clock().time_since_epoch().count() >= methods_until_.load()) return std::nullopt;
  return unpack(methods_.load());
}

LoginMethods Authenticator::find_methods() {
  const Result<CredentialCounts> counted = store_.count_credentials();
  if (!counted) {
    setting_.logger.error("methods-failed", {{"why", counted.error().detail}});
    return {};
  }
  const CredentialCounts other = passwd_file_.counts();
  const std::uint64_t users = counted->users + other.users;
  // A client that takes a mechanism which its user has no keys for does not try another one.
  const bool sha_1 = users > 0 && counted->scram_sha_1 + other.scram_sha_1 == users;
  const bool sha_256 = users > 0 && counted->scram_sha_256 + other.scram_sha_256 == users;
  const bool digests = other.secrets > 0 || (counted->secrets > 0 && !secret_key().empty());
  methods_ = (sha_1 ? 1u : 0u) | (sha_256 ? 2u : 0u) | (digests ? 4u : 0u);
  methods_until_ = setting_.clock().time_since_epoch().count() + methods_lifetime;
  return unpack(methods_);
}

Result<std::optional<User>> Authenticator::find_user(std::string_view name) {
  Result<std::optional<User>> found = store_.find_user(name);
  if (!found || *found) return found;
  return passwd_file_.find(name);
}

// Read when it is first needed, because `postern user` may have made it a moment ago.
std::string Authenticator::secret_key() {
  const std::lock_guard lock(mutex_);
  if (!secret_key_.empty() || setting_.secret_key.empty()) return secret_key_;
  Result<std::string> key = load_secret_key(setting_.secret_key);
  if (key) {
    secret_key_ = std::move(*key);
  } else {
    setting_.logger.error("secret-key", {{"why", key.error().detail}});
  }
  return secret_key_;
}

Result<std::string> Authenticator::decoy_key() {
  const std::lock_guard lock(mutex_);
  if (!decoy_key_.empty()) return decoy_key_;
  const auto known = store_.find_setting(decoy_setting);
  if (!known) return known.error();
  if (*known) return decoy_key_ = **known;
  const std::string fresh = random_bytes(32);
  const Result<void> put = store_.put_setting(decoy_setting, fresh);
  if (!put) return put.error();
  return decoy_key_ = fresh;
}

Result<ScramCandidates> Authenticator::scram_keys(std::string_view raw_name, ScramHash hash) {
  const std::string name = saslprep(raw_name);
  const Result<std::optional<User>> user = find_user(name);
  if (!user) return user.error();
  const auto devices = store_.list_app_passwords(name);
  if (!devices) return devices.error();
  const Result<std::string> key = decoy_key();
  if (!key) return key.error();

  // The decoy is made in any case, so that it takes no longer for those who do not exist.
  ScramCandidates candidates;
  candidates.salt =
      hmac_sha256(*key, std::string(scram_name(hash)) + ":" + name).substr(0, scram_salt_size);
  std::string nobodys = random_bytes(64);
  const std::size_t size = hash == ScramHash::sha1 ? 20 : 32;
  const auto main = *user ? parse_scram_keys(hash, keys_text((*user)->keys, hash)) : std::nullopt;
  if (!main) {
    candidates.keys.push_back({nobodys.substr(0, size), nobodys.substr(32, size), ""});
    return candidates;
  }
  candidates.salt = main->salt;
  candidates.iterations = main->iterations;
  candidates.keys.push_back({main->stored_key, main->server_key, ""});
  for (const AppPassword& one : *devices) {
    const auto keys = parse_scram_keys(hash, keys_text(one.keys, hash));
    if (!keys || keys->salt != main->salt || keys->iterations != main->iterations) continue;
    candidates.keys.push_back({keys->stored_key, keys->server_key, one.device});
  }
  return candidates;
}

Result<void> Authenticator::note_use(std::string_view user, std::string_view device) {
  if (device.empty()) return {};
  const auto passwords = store_.list_app_passwords(user);
  if (!passwords) return passwords.error();
  const UnixSeconds now = setting_.clock();
  for (const AppPassword& one : *passwords) {
    if (one.device != device) continue;
    if (now - one.last_seen < last_seen_grain) return {};
    return store_.note_app_password_use(user, device, now);
  }
  return {};
}

Result<bool> Authenticator::is_password(std::string_view name, const std::string& raw) {
  const Result<std::optional<User>> user = find_user(name);
  if (!user) return user.error();
  const bool exists = user->has_value();
  const std::string& hash = exists ? (*user)->password_hash : decoy_password_hash();
  if (exists && login_cache_.knows(name, raw, hash)) return true;

  std::string password = saslprep(raw);
  const auto devices = store_.list_app_passwords(name);
  if (!devices) return devices.error();
  for (const AppPassword& one : *devices) {
    if (!verify_password(password, one.password_hash)) continue;
    wipe(password);
    const Result<void> noted = note_use(name, one.device);
    if (!noted) setting_.logger.warning("last-seen", {{"why", noted.error().detail}});
    return true;
  }
  bool right = verify_password(password, hash);
  // Passwords that were set before they were prepared.
  if (!right && password != raw) right = verify_password(raw, hash);
  // Other servers' hashes are cheap; that must not tell who exists.
  if (!right && !is_costly_hash(hash)) (void)verify_password(password, decoy_password_hash());
  wipe(password);
  if (!exists || !right) return false;
  login_cache_.remember(name, raw, hash);
  return true;
}

Result<bool> Authenticator::is_digest(std::string_view name, const DigestProof& proof) {
  const Result<std::optional<User>> user = find_user(name);
  if (!user) return user.error();
  const auto devices = store_.list_app_passwords(name);
  if (!devices) return devices.error();
  const std::string key = secret_key();

  bool right = false;
  std::string proven_device;
  const auto try_secret = [&](std::optional<std::string> secret, std::string_view device) {
    if (!secret || secret->empty()) return;
    if (equal_in_constant_time(digest_of(proof, *secret), proof.digest)) {
      right = true;
      proven_device = device;
    }
    wipe(*secret);
  };
  if (*user) {
    const User& known = **user;
    const auto schemed = parse_schemed_password(known.password_hash);
    if (schemed && schemed->scheme == "PLAIN") try_secret(schemed->data, "");
    try_secret(unseal(key, secret_context(name, ""), known.keys.sealed_secret), "");
    for (const AppPassword& one : *devices) {
      try_secret(unseal(key, secret_context(name, one.device), one.keys.sealed_secret), one.device);
    }
  }
  if (!right) {
    // As much work for those who have no secret, and its outcome means nothing.
    (void)equal_in_constant_time(
        digest_of(proof, unseal(decoy_secret_key_, decoy_context, decoy_sealed_).value_or("")),
        proof.digest);
    return false;
  }
  const Result<void> noted = note_use(name, proven_device);
  if (!noted) setting_.logger.warning("last-seen", {{"why", noted.error().detail}});
  return true;
}

Result<void> Authenticator::authenticate(const LoginRequest& request) {
  const std::string name = saslprep(request.user);
  Result<bool> proven = false;
  if (const auto* password = std::get_if<PasswordProof>(&request.proof)) {
    proven = is_password(name, password->password);
  } else if (const auto* code = std::get_if<DigestProof>(&request.proof)) {
    proven = is_digest(name, *code);
  } else if (const auto* settled = std::get_if<SettledProof>(&request.proof)) {
    const Result<std::optional<User>> user = find_user(name);
    if (!user) return user.error();
    proven = settled->proven && user->has_value();
    if (*proven) {
      const Result<void> noted = note_use(name, settled->device);
      if (!noted) setting_.logger.warning("last-seen", {{"why", noted.error().detail}});
    }
  }
  if (!proven) return proven.error();
  if (!*proven) return wrong_proof();
  // RFC 4616 section 2: nobody acts for another here.
  if (!request.on_behalf_of.empty() && saslprep(request.on_behalf_of) != name) {
    return Error(Errc::authentication, "nobody may open another's maildrop");
  }
  return {};
}

}  // namespace postern
