#include "net/tls_channel.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/tls_openssl.h"
#include "net/tls_peer_check.h"

namespace postern {
namespace {

using Outcome = ChannelStep::Outcome;
using SteadyClock = std::chrono::steady_clock;

// A peer can use no octet of a record before it has all of it. So what begins after a pause begins
// with a record that fits into one packet; what follows is written in the largest ones.
constexpr std::size_t first_record = 1300;
constexpr std::size_t large_record = 16 * 1024;
// The end of a multi-line reply, CRLF "." CRLF, is never cut: there are clients that look for it in
// what one read gives them.
constexpr std::size_t whole_end = 5;
constexpr auto pause_before_small_record = std::chrono::seconds(1);

// RFC 9266 section 2.
constexpr std::string_view exporter_label = "EXPORTER-Channel-Binding";

int descriptor_of(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int socket_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count =
      ::send(descriptor_of(bio), data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int socket_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(descriptor_of(bio), data, static_cast<std::size_t>(size), 0);
  if (count < 0 && would_block()) BIO_set_retry_read(bio);
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return static_cast<int>(count);
}

long socket_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default: return 0;
  }
}

// Like OpenSSL's own for sockets, but a peer that has gone does not raise SIGPIPE.
BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "socket");
    BIO_meth_set_write(made, socket_write);
    BIO_meth_set_read(made, socket_read);
    BIO_meth_set_ctrl(made, socket_control);
    return made;
  }();
  return method;
}

std::string to_string(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

struct TlsChannel::Ssl {
  std::unique_ptr<TlsPeerCheck> check;  // the client's side alone; outlives the session
  SslPtr session;
  SSL* get() const { return session.get(); }
};

TlsChannel::TlsChannel(std::shared_ptr<const void> context, std::unique_ptr<Ssl> ssl)
    : context_(std::move(context)), ssl_(std::move(ssl)) {}

// A connection that just ends takes its session with it; to a client of ours that is no attack,
// because a mail that was cut off is never taken for whole.
TlsChannel::~TlsChannel() {
  if (ssl_->check && failure_.empty()) SSL_set_shutdown(ssl_->get(), SSL_SENT_SHUTDOWN);
}

// Null when there is no memory.
std::unique_ptr<TlsChannel::Ssl> TlsChannel::open_session(SSL_CTX* context, int descriptor) {
  auto ssl = std::make_unique<Ssl>();
  ssl->session.reset(SSL_new(context));
  BIO* bio = BIO_new(socket_method());
  if (ssl->get() == nullptr || bio == nullptr) {
    BIO_free(bio);
    return nullptr;
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(descriptor)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl->get(), bio, bio);  // which owns it now
  return ssl;
}

Result<std::unique_ptr<TlsChannel>> TlsChannel::accept(std::shared_ptr<const TlsContext> context,
                                                       int descriptor) {
  std::unique_ptr<Ssl> ssl = open_session(context->native(), descriptor);
  if (!ssl) return Error(Errc::unavailable, "no TLS session: " + openssl_failure());
  SSL_set_accept_state(ssl->get());
  return std::unique_ptr<TlsChannel>(new TlsChannel(std::move(context), std::move(ssl)));
}

Result<std::unique_ptr<TlsChannel>> TlsChannel::connect(
    std::shared_ptr<const TlsClientContext> context, int descriptor, const std::string& host) {
  std::unique_ptr<Ssl> ssl = open_session(context->native(), descriptor);
  if (!ssl) return Error(Errc::unavailable, "no TLS session: " + openssl_failure());
  ssl->check = std::make_unique<TlsPeerCheck>(context, host);
  const Result<void> attached = ssl->check->attach(ssl->get());
  if (!attached) return attached.error();
  SSL_set_connect_state(ssl->get());
  return std::unique_ptr<TlsChannel>(new TlsChannel(std::move(context), std::move(ssl)));
}

ChannelStep TlsChannel::after(int outcome, std::size_t count) {
  if (outcome == 1) return {Outcome::done, count};
  const int system_error = errno;
  switch (SSL_get_error(ssl_->get(), outcome)) {
    case SSL_ERROR_WANT_READ: return {Outcome::wants_read};
    case SSL_ERROR_WANT_WRITE: return {Outcome::wants_write};
    case SSL_ERROR_ZERO_RETURN: return {Outcome::end};
    case SSL_ERROR_SYSCALL:
      failure_ = system_error != 0 ? std::strerror(system_error) : "connection cut off";
      ERR_clear_error();
      return {Outcome::failed};
    default:
      failure_ = ssl_->check ? ssl_->check->failure() : openssl_failure();
      if (ssl_->check) failure_kind_ = Errc::configuration;
      return {Outcome::failed};
  }
}

// Errors of an earlier call, perhaps on another connection of this thread, must not be taken for
// this one's: hence the clearing.

ChannelStep TlsChannel::handshake() {
  ERR_clear_error();
  return after(SSL_do_handshake(ssl_->get()), 0);
}

ChannelStep TlsChannel::read(std::span<char> buffer) {
  ERR_clear_error();
  std::size_t count = 0;
  const int outcome = SSL_read_ex(ssl_->get(), buffer.data(), buffer.size(), &count);
  return after(outcome, count);
}

std::size_t TlsChannel::next_record(std::size_t available) {
  // OpenSSL has sealed the record already; it is handed over anew, not made smaller.
  if (begun_record_ != 0) return std::min(begun_record_, available);
  const auto now = SteadyClock::now();
  const bool paused = now - last_write_ >= pause_before_small_record;
  last_write_ = now;
  const std::size_t limit = paused ? first_record : large_record;
  if (available <= limit) return available;
  return available - limit < whole_end ? available - whole_end : limit;
}

ChannelStep TlsChannel::write(std::string_view bytes) {
  ERR_clear_error();
  const std::size_t size = next_record(bytes.size());
  std::size_t count = 0;
  const int outcome = SSL_write_ex(ssl_->get(), bytes.data(), size, &count);
  const ChannelStep step = after(outcome, count);
  begun_record_ = step.outcome == Outcome::done ? 0 : size;
  return step;
}

void TlsChannel::finish() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_->get()) == 1) SSL_shutdown(ssl_->get());
  ERR_clear_error();
}

std::string TlsChannel::version() const { return SSL_get_version(ssl_->get()); }
std::string TlsChannel::cipher() const { return SSL_get_cipher_name(ssl_->get()); }
bool TlsChannel::resumed() const { return SSL_session_reused(ssl_->get()) == 1; }

std::string TlsChannel::server_name() const {
  const char* name = SSL_get_servername(ssl_->get(), TLSEXT_NAMETYPE_host_name);
  return name != nullptr ? name : "";
}

std::string TlsChannel::channel_binding(ChannelBinding type) const {
  if (type == ChannelBinding::tls_exporter) {
    if (SSL_version(ssl_->get()) != TLS1_3_VERSION) return "";
    std::array<unsigned char, 32> secret{};
    const int done =
        SSL_export_keying_material(ssl_->get(), secret.data(), secret.size(), exporter_label.data(),
                                   exporter_label.size(), nullptr, 0, 0);
    return done == 1 ? to_string(secret.data(), secret.size()) : "";
  }
  // The server's, whoever we are.
  X509* certificate =
      ssl_->check ? SSL_get0_peer_certificate(ssl_->get()) : SSL_get_certificate(ssl_->get());
  int hash = NID_undef;
  if (certificate == nullptr ||
      X509_get_signature_info(certificate, &hash, nullptr, nullptr, nullptr) != 1 ||
      hash == NID_undef) {
    return "";
  }
  // RFC 5929 section 4.1: what is too weak for this is replaced by SHA-256.
  if (hash == NID_md5 || hash == NID_sha1 || hash == NID_md5_sha1) hash = NID_sha256;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  const EVP_MD* function = EVP_get_digestbynid(hash);
  if (function == nullptr || X509_digest(certificate, function, digest.data(), &size) != 1) {
    return "";
  }
  return to_string(digest.data(), size);
}

std::optional<TlsClientIdentity> TlsChannel::client() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_->get());
  if (certificate == nullptr || SSL_get_verify_result(ssl_->get()) != X509_V_OK) {
    return std::nullopt;
  }
  return client_identity(certificate);
}

}  // namespace postern
