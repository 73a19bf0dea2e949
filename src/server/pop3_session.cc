#include "server/pop3_session.h"

#include <algorithm>
#include <array>
#include <exception>

#include "base/crypto.h"
#include "server/admission.h"

namespace postern {
namespace {

namespace asio = boost::asio;

// One read never needs more: a command line has 255 octets, and a flood of them is read in turns.
constexpr std::size_t read_buffer_size = 4096;

// A client waits for no answer for ever, and a waiting session is not free.
constexpr unsigned most_delays = 10;

// A client that lost its connection comes back before the server has seen the end of the old one.
constexpr auto patience_when_in_use = std::chrono::milliseconds(500);
constexpr auto pause_when_in_use = std::chrono::milliseconds(50);

bool is_in_use(const Result<std::unique_ptr<Inbox>>& opened) {
  return !opened && opened.error().kind() == Errc::busy;
}

// One thread runs many sessions, but between the end of a read and the engine's taking of the
// octets none of them suspends; so a buffer per thread serves all, and an idle session has none.
std::span<char> read_buffer() {
  thread_local std::array<char, read_buffer_size> buffer;
  return buffer;
}

Pop3Engine::Options engine_options(const Pop3Service& service, const Stream& stream,
                                   const Pop3Connection& connection, LoginMethods methods) {
  Pop3Engine::Options options = service.options.engine;
  const ClearTextLogin allowed = service.options.clear_text_login;
  options.clear_text_login = allowed == ClearTextLogin::always || connection.tls_at_proxy ||
                             (allowed == ClearTextLogin::loopback && stream.peer_is_local());
  options.methods = methods;
  options.tls = connection.implicit_tls;
  options.stls = service.tls != nullptr && !connection.implicit_tls;
  return options;
}

// What a handshake has settled, for SASL.
SaslSecurity security_of(const TlsChannel& tls, bool binds) {
  SaslSecurity security;
  if (binds) {
    security.tls_exporter = tls.channel_binding(ChannelBinding::tls_exporter);
    security.tls_server_end_point = tls.channel_binding(ChannelBinding::tls_server_end_point);
  }
  if (const auto client = tls.client()) {
    security.identities = client->mail_addresses;
    if (!client->common_name.empty()) security.identities.push_back(client->common_name);
  }
  return security;
}

class Session {
 public:
  Session(std::shared_ptr<Stream> stream, const Pop3Service& service,
          const Pop3Connection& connection, LoginMethods methods)
      : service_(service),
        stream_(std::move(stream)),
        engine_(engine_options(service, *stream_, connection, methods)),
        number_(connection.number),
        implicit_tls_(connection.implicit_tls),
        binds_(methods.scram_sha_1 || methods.scram_sha_256) {}

  asio::awaitable<void> run() {
    const Logger& log = service_.logger;
    log.info("session-begin", {{"session", number_}, {"peer", stream_->peer()}});
    const bool usable = !implicit_tls_ || co_await begin_tls();
    while (usable) {
      const Pop3Engine::Action action = engine_.next();
      if (std::holds_alternative<Pop3Engine::Close>(action)) break;
      if (std::holds_alternative<Pop3Engine::Read>(action)) {
        co_await read();
      } else if (const auto* send = std::get_if<Pop3Engine::Send>(&action)) {
        co_await write(send->bytes);
      } else if (std::holds_alternative<Pop3Engine::StartTls>(action)) {
        const bool secured = co_await begin_tls();
        if (!secured) engine_.on_end();
      } else if (const auto* wanted_keys = std::get_if<Pop3Engine::FindKeys>(&action)) {
        co_await find_keys(*wanted_keys);
      } else if (const auto* login = std::get_if<Pop3Engine::Login>(&action)) {
        co_await log_in(*login);
      } else if (const auto* wanted = std::get_if<Pop3Engine::Fetch>(&action)) {
        co_await fetch(wanted->index);
      } else if (const auto* commit = std::get_if<Pop3Engine::Commit>(&action)) {
        co_await update(commit->deleted);
      }
    }
    co_await release_inbox();
    if (usable) stream_->finish();
    log.info("session-end", {{"session", number_},
                             {"user", user_},
                             {"fetched", fetched_},
                             {"deleted", deleted_},
                             {"why", stream_->expired() ? "timeout" : "done"}});
  }

 private:
  asio::awaitable<void> read() {
    const auto& options = service_.options;
    stream_->expire_after(engine_.logged_in()
                              ? std::chrono::steady_clock::duration(options.idle_timeout)
                              : time_to_log_in());
    const std::span<char> buffer = read_buffer();
    const Result<std::size_t> count = co_await stream_->read_some(buffer);
    if (!count) {
      stream_->expired() ? engine_.on_timeout() : engine_.on_end();
    } else if (*count == 0) {
      engine_.on_end();
    } else {
      engine_.on_input({buffer.data(), *count});
      // It may hold a password, and the next session on this thread is somebody else's.
      if (!engine_.logged_in()) std::fill_n(buffer.begin(), *count, '\0');
    }
  }

  // What is left of it, however much was said in the meantime.
  std::chrono::steady_clock::duration time_to_log_in() const {
    using Clock = std::chrono::steady_clock;
    return std::max(log_in_by_ - Clock::now(), Clock::duration::zero());
  }

  asio::awaitable<bool> begin_tls() {
    stream_->expire_after(time_to_log_in());
    const Result<void> done = co_await stream_->accept_tls(service_.tls->current());
    const Logger& log = service_.logger;
    if (!done) {
      // Scanners and clients that do not trust the certificate: no fault of the server's.
      log.info("tls-failed", {{"session", number_},
                              {"peer", stream_->peer()},
                              {"why", stream_->expired() ? "timeout" : done.error().detail}});
      co_return false;
    }
    if (log.enabled(LogLevel::debug)) {
      const TlsChannel& tls = *stream_->tls();
      log.debug("tls", {{"session", number_},
                        {"version", tls.version()},
                        {"cipher", tls.cipher()},
                        {"name", tls.server_name()},
                        {"resumed", tls.resumed() ? "yes" : "no"}});
    }
    engine_.on_tls(security_of(*stream_->tls(), binds_));
    co_return true;
  }

  asio::awaitable<void> write(std::string_view bytes) {
    stream_->expire_after(service_.options.write_timeout);
    const Result<void> written = co_await stream_->write(bytes);
    if (written) {
      engine_.on_sent();
    } else {
      engine_.on_end();
    }
  }

  asio::awaitable<void> find_keys(Pop3Engine::FindKeys wanted) {
    stream_->expire_after(service_.options.write_timeout);
    const asio::any_io_executor home = stream_->executor();
    co_await service_.workers.enter();
    Result<ScramCandidates> keys = service_.provider.scram_keys(wanted.user, wanted.hash);
    co_await resume_on(home);
    if (!keys) {
      service_.logger.error("keys-failed", {{"session", number_}, {"why", keys.error().detail}});
    }
    engine_.on_keys(std::move(keys));
  }

  asio::awaitable<void> log_in(Pop3Engine::Login login) {
    // A deadline must not cut a slow disk off: the client's own patience is the limit.
    stream_->expire_after(service_.options.write_timeout);
    const std::string user = login.request.user;
    Result<std::unique_ptr<Inbox>> opened = co_await open_inbox(login.request);
    const auto give_up = std::chrono::steady_clock::now() + patience_when_in_use;
    while (is_in_use(opened) && std::chrono::steady_clock::now() < give_up) {
      co_await stream_->pause(pause_when_in_use);
      opened = co_await open_inbox(login.request);
    }
    if (opened) {
      inbox_ = std::move(*opened);
      user_ = user;
      service_.logger.info("login", {{"session", number_},
                                     {"user", user_},
                                     {"messages", inbox_->entries().size()},
                                     {"tls", stream_->tls() ? stream_->tls()->version() : "-"}});
      engine_.on_login(inbox_->entries());
      co_return;
    }
    const Error error = opened.error();
    const bool wrong = error.kind() == Errc::authentication;
    // People type passwords where the name belongs; an unproven name is shown at debug level only.
    const bool name_it = !wrong || service_.logger.enabled(LogLevel::debug);
    service_.logger.warning("login-failed", {{"session", number_},
                                             {"peer", stream_->peer()},
                                             {"user", name_it ? user : std::string("-")},
                                             {"why", error.detail}});
    if (wrong) {
      const unsigned times = std::clamp(wrong_logins_, 1u, most_delays);
      co_await stream_->pause(service_.options.failed_login_delay * times);
    }
    engine_.on_login(error);
  }

  asio::awaitable<Result<std::unique_ptr<Inbox>>> open_inbox(const LoginRequest& request) {
    LoginGuard* const guard = service_.guard;
    if (guard != nullptr) {
      const Result<void> allowed = guard->allow(stream_->peer(), request.user);
      if (!allowed) co_return allowed.error();
    }
    Result<std::unique_ptr<Inbox>> opened =
        co_await service_.provider.async_open(request, service_.workers);
    if (!opened && opened.error().kind() == Errc::authentication) {
      ++wrong_logins_;
      co_await count_wrong_login(request);
    }
    if (opened && guard != nullptr) guard->succeeded(stream_->peer(), request.user);
    co_return opened;
  }

  asio::awaitable<void> count_wrong_login(const LoginRequest& request) {
    LoginGuard* const guard = service_.guard;
    if (guard == nullptr) co_return;
    const asio::any_io_executor home = stream_->executor();
    co_await service_.workers.enter();
    wrong_logins_ = std::max(wrong_logins_, guard->failed(stream_->peer(), request));
    co_await resume_on(home);
  }

  asio::awaitable<void> fetch(std::size_t index) {
    stream_->expire_after(service_.options.write_timeout);
    Result<Octets> message = co_await inbox_->async_fetch(index, service_.workers);
    if (message) {
      ++fetched_;
    } else {
      service_.logger.error("fetch-failed", {{"session", number_},
                                             {"user", user_},
                                             {"message", index + 1},
                                             {"why", message.error().detail}});
    }
    engine_.on_message(std::move(message));
  }

  asio::awaitable<void> update(std::span<const std::size_t> deleted) {
    const Result<void> done = co_await inbox_->async_commit(deleted, service_.workers);
    // Unlocked before the client hears of the end, so that its next session finds it free.
    co_await release_inbox();
    if (done) {
      deleted_ = deleted.size();
    } else {
      service_.logger.error("update-failed",
                            {{"session", number_}, {"user", user_}, {"why", done.error().detail}});
    }
    engine_.on_commit(done);
  }

  // Closing a maildrop may write verdicts that are still in memory.
  asio::awaitable<void> release_inbox() {
    if (!inbox_) co_return;
    inbox_->disconnect();
    const asio::any_io_executor home = stream_->executor();
    co_await service_.workers.enter();
    inbox_.reset();
    co_await resume_on(home);
  }

  const Pop3Service& service_;
  std::shared_ptr<Stream> stream_;
  std::unique_ptr<Inbox> inbox_;  // before the engine, which looks into its entries
  Pop3Engine engine_;
  const std::uint64_t number_;
  const std::chrono::steady_clock::time_point log_in_by_ =
      std::chrono::steady_clock::now() + service_.options.login_timeout;
  const bool implicit_tls_;
  const bool binds_;  // a mechanism with channel binding is offered under TLS
  std::string user_;
  unsigned wrong_logins_ = 0;
  std::uint64_t fetched_ = 0;
  std::uint64_t deleted_ = 0;
};

}  // namespace

asio::awaitable<void> run_pop3_session(std::shared_ptr<Stream> stream, const Pop3Service& service,
                                       Pop3Connection connection) {
  try {
    const std::optional<LoginMethods> methods = co_await admit(*stream, service, connection);
    if (!methods) co_return;
    Session session(std::move(stream), service, connection, *methods);
    co_await session.run();
  } catch (const std::exception& failure) {
    service.logger.error("session-failed",
                         {{"session", connection.number}, {"why", failure.what()}});
  }
}

}  // namespace postern
