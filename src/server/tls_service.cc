#include "server/tls_service.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace postern {
namespace {

// Tells one version of the files from another without reading them.
std::string versions_of(const TlsSetting& setting) {
  std::string text = setting.client_certificate_required ? "!" : "?";
  const auto add = [&](const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) status = {};
    text += fmt::format("{}:{}:{}.{};", path, status.st_ino, status.st_mtim.tv_sec,
                        status.st_mtim.tv_nsec);
  };
  for (const TlsIdentity& identity : setting.identities) {
    add(identity.certificate);
    add(identity.key);
  }
  if (!setting.client_authorities.empty()) add(setting.client_authorities);
  return text;
}

constexpr auto warn_before_end = std::chrono::hours(24 * 14);

}  // namespace

TlsService::TlsService(Prepare prepare, const Clock& clock, Logger logger)
    : prepare_(std::move(prepare)),
      clock_(clock),
      logger_(std::move(logger)),
      ticket_keys_(std::make_shared<TlsTicketKeys>(clock)) {}

Result<void> TlsService::load(const TlsSetting& setting, const std::string& versions) {
  auto context = TlsContext::load(setting, ticket_keys_);
  if (!context) {
    logger_.error("tls-reload-failed",
                  {{"why", context.error().detail}, {"serving", "the last good certificates"}});
    return context.error();
  }
  for (const CertificateInfo& one : (*context)->certificates()) {
    const std::string first = one.names.empty() ? one.subject : one.names.front();
    const bool ends_soon = clock_() + warn_before_end > one.not_after;
    logger_.log(ends_soon ? LogLevel::warning : LogLevel::info, "certificate",
                {{"name", first},
                 {"names", one.names.size()},
                 {"until", to_rfc3339(one.not_after)},
                 {"sha256", one.fingerprint}});
  }
  versions_ = versions;
  const std::lock_guard<std::mutex> lock(mutex_);
  context_ = std::move(*context);
  return {};
}

Result<void> TlsService::reload() {
  const std::lock_guard<std::mutex> one_at_a_time(reloading_);
  const Result<TlsSetting> setting = prepare_();
  if (!setting) {
    logger_.error("tls-reload-failed",
                  {{"why", setting.error().detail}, {"serving", "the last good certificates"}});
    return setting.error();
  }
  // Taken before the files are read: one that changes meanwhile is noticed the next time.
  return load(*setting, versions_of(*setting));
}

void TlsService::refresh() {
  const std::lock_guard<std::mutex> one_at_a_time(reloading_);
  const Result<TlsSetting> setting = prepare_();
  if (!setting) {
    logger_.error("tls-renewal-failed", {{"why", setting.error().detail}});
    return;
  }
  const std::string versions = versions_of(*setting);
  if (versions != versions_) (void)load(*setting, versions);  // which logs a failure
}

std::shared_ptr<const TlsContext> TlsService::current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return context_;
}

}  // namespace postern
