#include "server/login_guard.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "base/crypto.h"

namespace postern {
namespace {

namespace ip = boost::asio::ip;

// Bounds of memory: what an attacker with very many addresses or names can fill.
constexpr std::size_t most_counts = 20'000;
constexpr std::size_t most_known = 20'000;
constexpr std::size_t codes_kept = 8;
constexpr std::size_t addresses_kept = 8;

}  // namespace

std::string address_to_count(std::string_view peer) {
  const std::size_t colon = peer.rfind(':');
  std::string text(peer.substr(0, colon));
  if (!text.empty() && text.front() == '[') text = text.substr(1, text.size() - 2);
  boost::system::error_code code;
  ip::address address = ip::make_address(text, code);
  if (code) return "";
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  if (address.is_loopback()) return "";
  if (address.is_v4()) return address.to_string();
  return ip::network_v6(address.to_v6(), 64).canonical().to_string();
}

LoginGuard::LoginGuard(Setting setting, StateStore& store)
    : setting_(std::move(setting)), store_(store), key_(random_bytes(32)) {
  const Result<std::vector<Ban>> bans = store_.list_bans();
  if (!bans) {
    setting_.logger.error("bans", {{"why", bans.error().detail}});
    return;
  }
  for (const Ban& one : *bans) bans_[one.address] = one.until;
}

bool LoginGuard::may_be_banned(std::string_view peer) {
  const std::lock_guard lock(mutex_);
  return !bans_.empty() && bans_.contains(address_to_count(peer));
}

bool LoginGuard::is_banned(std::string_view peer) {
  const std::string address = address_to_count(peer);
  const Result<std::vector<Ban>> bans = store_.list_bans();
  if (!bans) return true;
  const bool kept = std::any_of(bans->begin(), bans->end(), [&](const Ban& one) {
    return one.address == address && one.until > setting_.clock();
  });
  if (kept) return true;
  {
    const std::lock_guard lock(mutex_);
    bans_.erase(address);
    addresses_.erase(address);
  }
  (void)store_.remove_ban(address);
  return false;
}

Result<void> LoginGuard::allow(std::string_view peer, std::string_view user) {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(std::string(user));
  if (found == users_.end() || found->second.failures < setting_.close_name_after ||
      found->second.since + setting_.window <= setting_.clock()) {
    return {};
  }
  const auto known = known_.find(std::string(user));
  const std::string address = address_to_count(peer);
  if (known != known_.end() &&
      std::find(known->second.begin(), known->second.end(), address) != known->second.end()) {
    return {};
  }
  return Error(Errc::unavailable, "too many wrong logins to that name");
}

// The same for the same wrong login; for proofs that are never the same, nothing.
std::string LoginGuard::code_of(const LoginRequest& request) const {
  const auto* password = std::get_if<PasswordProof>(&request.proof);
  if (password == nullptr) return "";
  std::string fields = sha256(request.user) + password->password;
  std::string code = hmac_sha256(key_, fields);
  wipe(fields);
  return code;
}

void LoginGuard::forget_old(Counts& counts) const {
  const UnixSeconds now = setting_.clock();
  std::erase_if(counts, [&](const auto& one) { return one.second.since + setting_.window <= now; });
  // Whoever has so many addresses is not stopped by counting them.
  if (counts.size() >= most_counts) counts.clear();
}

unsigned LoginGuard::count(Counts& counts, const std::string& key, const std::string& code) {
  if (counts.size() >= most_counts) forget_old(counts);
  const UnixSeconds now = setting_.clock();
  Count& one = counts[key];
  if (one.since + setting_.window <= now) one = {0, now, {}};
  const bool again =
      !code.empty() && std::find(one.seen.begin(), one.seen.end(), code) != one.seen.end();
  if (again) return std::max(one.failures, 1u);
  if (!code.empty()) {
    one.seen.push_back(code);
    if (one.seen.size() > codes_kept) one.seen.pop_front();
  }
  return ++one.failures;
}

unsigned LoginGuard::failed(std::string_view peer, const LoginRequest& request) {
  const std::string address = address_to_count(peer);
  const std::string code = code_of(request);
  unsigned failures = 0;
  bool too_many = false;
  {
    const std::lock_guard lock(mutex_);
    failures = count(users_, request.user, code);
    if (address.empty()) return failures;
    failures = std::max(failures, count(addresses_, address, code));
    const unsigned here = addresses_[address].failures;
    too_many = setting_.ban_after > 0 && here >= setting_.ban_after && !bans_.contains(address);
    if (too_many) bans_[address] = setting_.clock() + setting_.ban_time;
  }
  if (too_many) ban(address, failures);
  return failures;
}

void LoginGuard::ban(const std::string& address, unsigned failures) {
  const UnixSeconds now = setting_.clock();
  const std::string why = std::to_string(failures) + " wrong logins";
  setting_.logger.warning("banned", {{"address", address}, {"why", why}});
  const Result<void> put = store_.put_ban({address, why, now, now + setting_.ban_time});
  if (!put) setting_.logger.error("bans", {{"why", put.error().detail}});
}

void LoginGuard::succeeded(std::string_view peer, std::string_view user) {
  const std::lock_guard lock(mutex_);
  if (known_.size() >= most_known) known_.clear();
  auto& addresses = known_[std::string(user)];
  std::string address = address_to_count(peer);
  if (std::find(addresses.begin(), addresses.end(), address) != addresses.end()) return;
  addresses.push_back(std::move(address));
  if (addresses.size() > addresses_kept) addresses.pop_front();
}

}  // namespace postern
