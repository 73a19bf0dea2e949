#include "server/upstream_session.h"

#include <algorithm>
#include <array>
#include <boost/asio/this_coro.hpp>

namespace postern {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_buffer_size = 64 * 1024;

// Shared by all sessions of a thread: between the end of a read and the client's taking of the
// octets none of them suspends.
std::span<char> read_buffer() {
  thread_local std::array<char, read_buffer_size> buffer;
  return buffer;
}

Pop3Client::Options client_options(const UpstreamServer& server, SaslCredentials credentials) {
  Pop3Client::Options options;
  options.host = server.host;
  options.port = std::to_string(server.port);
  options.security = server.security;
  // Whoever configures a server without TLS has other means.
  options.clear_text_login = server.security == Pop3Security::clear;
  options.credentials = std::move(credentials);
  options.methods = server.methods;
  options.two_step = server.two_step;
  options.pipelining = server.pipelining;
  return options;
}

SaslSecurity security_of(const TlsChannel& tls) {
  return {tls.channel_binding(ChannelBinding::tls_exporter),
          tls.channel_binding(ChannelBinding::tls_server_end_point),
          {}};
}

}  // namespace

UpstreamSession::UpstreamSession(const UpstreamServer& server, const Surroundings& surroundings,
                                 Pop3Client::Options options, std::shared_ptr<Stream> stream)
    : server_(server),
      surroundings_(surroundings),
      client_(std::move(options)),
      stream_(std::move(stream)) {}

UpstreamSession::~UpstreamSession() { close(); }

void UpstreamSession::close() {
  usable_ = false;
  stream_->close();
}

asio::awaitable<Result<std::unique_ptr<UpstreamSession>>> UpstreamSession::open(
    const UpstreamServer& server, const Surroundings& surroundings, SaslCredentials credentials) {
  Pop3Client::Options options = client_options(server, std::move(credentials));
  Result<std::unique_ptr<Stream>> dialled =
      co_await surroundings.dialer.dial(server.host, server.port);
  if (!dialled) co_return dialled.error();
  std::shared_ptr<Stream> stream = std::move(*dialled);
  if (surroundings.on_connection) surroundings.on_connection(stream);
  std::unique_ptr<UpstreamSession> session(
      new UpstreamSession(server, surroundings, std::move(options), std::move(stream)));
  if (server.security == Pop3Security::implicit_tls) {
    const Result<void> secured = co_await session->begin_tls();
    if (!secured) co_return secured.error();
  }
  const Event event = co_await session->step();
  if (event.kind == Event::Kind::ready) co_return session;
  co_return event.done.error();
}

asio::awaitable<Result<void>> UpstreamSession::begin_tls() {
  stream_->expire_after(server_.timeout);
  const Result<void> secured = co_await stream_->connect_tls(server_.tls, server_.host);
  if (!secured) {
    usable_ = false;
    co_return Error(secured.error().kind(), server_.host + ": " + secured.error().detail);
  }
  client_.on_tls(security_of(*stream_->tls()));
  co_return Result<void>();
}

UpstreamSession::Event UpstreamSession::fail(const Error& error) {
  usable_ = false;
  return {Event::Kind::failed, 0, broken_.value_or(error)};
}

// Goes on until something has happened.
asio::awaitable<UpstreamSession::Event> UpstreamSession::step() {
  while (true) {
    const Pop3Client::Action action = client_.next();
    if (std::holds_alternative<Pop3Client::Read>(action)) {
      co_await read();
    } else if (const auto* send = std::get_if<Pop3Client::Send>(&action)) {
      co_await write(send->bytes);
    } else if (std::holds_alternative<Pop3Client::StartTls>(action)) {
      const Result<void> secured = co_await begin_tls();
      if (!secured) co_return fail(secured.error());
    } else if (std::holds_alternative<Pop3Client::Work>(action)) {
      co_await work();
    } else if (std::holds_alternative<Pop3Client::Part>(action)) {
      const Result<void> taken = co_await take_part();
      if (!taken) co_return fail(taken.error());
    } else if (const auto* answer = std::get_if<Pop3Client::Answer>(&action)) {
      Event event{Event::Kind::answer, answer->index, answer->done};
      client_.on_answer();
      co_return event;
    } else if (const auto* failed = std::get_if<Pop3Client::Failed>(&action)) {
      co_return fail(failed->error);
    } else if (std::holds_alternative<Pop3Client::Finished>(action)) {
      usable_ = false;
      co_return Event{Event::Kind::finished};
    } else {
      co_return Event{Event::Kind::ready};
    }
  }
}

asio::awaitable<void> UpstreamSession::read() {
  stream_->expire_after(server_.timeout);
  const std::span<char> buffer = read_buffer();
  const Result<std::size_t> count = co_await stream_->read_some(buffer);
  if (count && *count > 0) {
    client_.on_input({buffer.data(), *count});
    co_return;
  }
  // Silence may be the end of a message; see Pop3Client::on_quiet.
  if (stream_->expired() && client_.on_quiet()) co_return;
  if (stream_->expired()) {
    broken_ = Error(Errc::unavailable, server_.host + ": no answer within " +
                                           std::to_string(server_.timeout.count()) + " seconds");
  } else if (!count) {
    broken_ = Error(Errc::unavailable, server_.host + ": " + count.error().detail);
  }
  client_.on_end();
}

asio::awaitable<void> UpstreamSession::write(std::string_view bytes) {
  stream_->expire_after(server_.timeout);
  const Result<void> written = co_await stream_->write(bytes);
  client_.on_sent();
  // What the server said before it hung up is still to be read: it may say why.
  if (!written && stream_->expired()) client_.on_end();
}

asio::awaitable<void> UpstreamSession::work() {
  const asio::any_io_executor home = stream_->executor();
  co_await surroundings_.workers.enter();
  client_.work();
  co_await resume_on(home);
}

asio::awaitable<Result<void>> UpstreamSession::take_part() {
  std::string piece = client_.take_part();
  if (!message_) co_return Result<void>();
  const bool blocks = message_->would_block(piece.size());
  const asio::any_io_executor home = stream_->executor();
  if (blocks) co_await surroundings_.workers.enter();
  Result<void> added = message_->add(std::move(piece));
  if (blocks) co_await resume_on(home);
  co_return added;
}

void UpstreamSession::foresee(std::size_t index) {
  if (!usable_ || !server_.pipelining || !client_.capabilities().pipelining) return;
  asked_.push_back({index, true});
  client_.retrieve(index);
}

bool UpstreamSession::foreseen(std::size_t index) const {
  return std::any_of(asked_.begin(), asked_.end(),
                     [&](const Wanted& one) { return one.whole && one.index == index; });
}

asio::awaitable<Result<Blob>> UpstreamSession::retrieve(std::size_t index) {
  Wanted wanted{index, true};
  if (!foreseen(index)) {
    asked_.push_back(wanted);
    client_.retrieve(index);
  }
  co_return co_await fetch(wanted);
}

asio::awaitable<Result<Blob>> UpstreamSession::top(std::size_t index, std::uint64_t lines) {
  Wanted wanted{index, false};
  asked_.push_back(wanted);
  client_.top(index, lines);
  co_return co_await fetch(wanted);
}

// What was foreseen before it, and is not wanted after all, passes by.
asio::awaitable<Result<Blob>> UpstreamSession::fetch(Wanted wanted) {
  while (true) {
    const bool is_it = !asked_.empty() && asked_.front().index == wanted.index &&
                       asked_.front().whole == wanted.whole;
    message_.reset();
    if (is_it) message_.emplace(surroundings_.folder);
    const Event event = co_await step();
    if (event.kind != Event::Kind::answer) {
      usable_ = false;
      message_.reset();
      if (!event.done) co_return event.done.error();
      co_return Error(Errc::unavailable, server_.host + ": the session is over");
    }
    asked_.pop_front();
    if (!is_it) continue;
    if (!event.done) co_return event.done.error();
    co_return co_await finish_message();
  }
}

asio::awaitable<Result<Blob>> UpstreamSession::finish_message() {
  const bool blocks = message_->would_block(0);
  const asio::any_io_executor home = stream_->executor();
  if (blocks) co_await surroundings_.workers.enter();
  Result<Blob> blob = message_->finish();
  message_.reset();
  if (blocks) co_await resume_on(home);
  co_return blob;
}

asio::awaitable<Result<void>> UpstreamSession::finish(std::span<const std::size_t> deleted) {
  message_.reset();
  for (const std::size_t index : deleted) client_.remove(index);
  client_.quit();
  std::optional<Error> refused;
  while (true) {
    const Event event = co_await step();
    if (event.kind == Event::Kind::failed) co_return event.done.error();
    if (event.kind != Event::Kind::answer) break;
    // Not of messages that were foreseen and passed by.
    if (!asked_.empty()) {
      asked_.pop_front();
    } else if (!event.done) {
      refused = event.done.error();
    }
  }
  stream_->finish();
  if (refused) co_return *refused;
  co_return Result<void>();
}

}  // namespace postern
