// The server's side of TLS against OpenSSL's client. Numbers in comments are those of the list of
// POP3 statements.
#include "net/tls_channel.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <array>
#include <thread>

#include "base/file.h"
#include "net/tls_authority.h"
#include "support/temporary_directory.h"
#include "support/test_certificates.h"
#include "support/tls_client.h"

namespace postern {
namespace {

using Outcome = ChannelStep::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Makes a step until it is done or fails, waiting for the socket in between.
template <class MakeStep>
ChannelStep finish_step(int descriptor, MakeStep make_step) {
  while (true) {
    const ChannelStep step = make_step();
    const bool reads = step.outcome == Outcome::wants_read;
    if (!reads && step.outcome != Outcome::wants_write) return step;
    pollfd wanted{descriptor, static_cast<short>(reads ? POLLIN : POLLOUT), 0};
    ::poll(&wanted, 1, -1);
  }
}

class Connection {
 public:
  // `greeting`, which begins with "!", is what the server says first.
  Connection(std::shared_ptr<const TlsContext> context, const TlsClient::Options& options,
             const std::string& greeting = "!") {
    std::array<int, 2> ends{};
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
    descriptor_ = ends[0];
    ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    client = std::make_unique<TlsClient>(ends[1], options);
    server = std::move(*TlsChannel::accept(std::move(context), descriptor_));
    std::thread connecting([this] {
      client_done = client->connect();
      // A refused client may learn of it only when it reads.
      if (client_done) client_alive = client->receive(1) == "!";
    });
    server_done =
        finish_step(descriptor_, [&] { return server->handshake(); }).outcome == Outcome::done;
    if (server_done) {
      write(greeting);
    } else {
      ::shutdown(descriptor_, SHUT_WR);
    }
    connecting.join();
  }
  ~Connection() {
    server.reset();
    ::close(descriptor_);
  }

  bool works() const { return server_done && client_done && client_alive; }
  ChannelStep read(std::string& bytes) {
    bytes.resize(64);
    const ChannelStep step = finish_step(descriptor_, [&] { return server->read(bytes); });
    bytes.resize(step.outcome == Outcome::done ? step.count : 0);
    return step;
  }
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ChannelStep step = finish_step(descriptor_, [&] { return server->write(bytes); });
      if (step.outcome != Outcome::done) return;
      bytes.remove_prefix(step.count);
    }
  }

  std::unique_ptr<TlsChannel> server;
  std::unique_ptr<TlsClient> client;
  bool server_done = false;
  bool client_done = false;
  bool client_alive = false;

 private:
  int descriptor_ = -1;
};

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() { EXPECT_TRUE(make_local_tls(local_, system_clock()())); }

  std::shared_ptr<const TlsContext> load(const TlsSetting& setting) {
    auto context = TlsContext::load(setting, keys_);
    EXPECT_TRUE(context) << context.error().detail;
    return context ? *context : nullptr;
  }
  TlsSetting setting() const { return {{local_.identity()}, "", false}; }
  TlsClient::Options trusting(const std::string& server_name) const {
    TlsClient::Options options;
    options.authorities = local_.authority();
    options.server_name = server_name;
    return options;
  }
  std::string complaint(const TlsSetting& wrong) {
    const auto context = TlsContext::load(wrong, keys_);
    EXPECT_FALSE(context);
    if (context) return "";
    EXPECT_EQ(context.error().kind(), Errc::configuration);
    return context.error().detail;
  }

  UnixSeconds now_ = system_clock()();
  TemporaryDirectory directory_;
  LocalTls local_{directory_.path("local"), {"one.test"}};
  std::shared_ptr<TlsTicketKeys> keys_ = std::make_shared<TlsTicketKeys>([this] { return now_; });
};

TEST_F(TlsTest, ServesATrustingClientUnderEachName) {
  const auto context = load(setting());
  for (const char* name : {"localhost", "one.test"}) {
    Connection connection(context, trusting(name));
    EXPECT_TRUE(connection.works()) << connection.client->failure();
    EXPECT_EQ(connection.server->server_name(), name);
    EXPECT_EQ(connection.server->version(), "TLSv1.3");
    EXPECT_FALSE(connection.server->client());
  }
  Connection other(context, trusting("other.test"));
  EXPECT_FALSE(other.client_done);
}

TEST_F(TlsTest, SpeaksOnlyTls12And13WithForwardSecrecy) {  // 31
  struct Row {
    int version;
    const char* suites;
    bool works;
  };
  const auto context = load(setting());
  for (const Row& row : {Row{TLS1_VERSION, nullptr, false}, Row{TLS1_1_VERSION, nullptr, false},
                         Row{TLS1_2_VERSION, nullptr, true}, Row{TLS1_3_VERSION, nullptr, true},
                         Row{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", true},
                         Row{TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", true},
                         Row{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA", false},
                         Row{TLS1_2_VERSION, "AES128-GCM-SHA256", false},
                         Row{TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", false}}) {
    TlsClient::Options options;
    options.version = row.version;
    options.suites = row.suites;
    EXPECT_EQ(Connection(context, options).works(), row.works)
        << row.version << " " << (row.suites != nullptr ? row.suites : "");
  }
}

TEST_F(TlsTest, RefusesToRenegotiate) {
  TlsClient::Options options;
  options.version = TLS1_2_VERSION;
  Connection connection(load(setting()), options);
  ASSERT_TRUE(connection.works());
  std::thread asking([&] {
    EXPECT_EQ(SSL_renegotiate(connection.client->ssl()), 1);
    EXPECT_NE(SSL_do_handshake(connection.client->ssl()), 1);
    EXPECT_STREQ(ERR_reason_error_string(ERR_peek_error()), "no renegotiation");
    ERR_clear_error();
    connection.client->cut();
  });
  std::string bytes;
  EXPECT_NE(connection.read(bytes).outcome, Outcome::done);
  asking.join();
}

TEST_F(TlsTest, AClientThatNamesProtocolsMustNamePop3) {  // 37
  const auto context = load(setting());
  TlsClient::Options options;
  options.protocol = "pop3";
  Connection right(context, options);
  EXPECT_TRUE(right.works());
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(right.client->ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "pop3");
  options.protocol = "http/1.1";
  Connection wrong(context, options);
  EXPECT_FALSE(wrong.server_done);
  EXPECT_THAT(wrong.client->failure(), HasSubstr("no application protocol"));
}

TEST_F(TlsTest, TheServerNameChoosesTheCertificate) {  // 38
  const LocalTls second{directory_.path("second"), {"two.test"}};
  ASSERT_TRUE(make_local_tls(second, now_));
  const auto context = load({{local_.identity(), second.identity()}, "", false});
  ASSERT_EQ(context->certificates().size(), 2u);
  EXPECT_TRUE(Connection(context, trusting("one.test")).works());
  EXPECT_TRUE(Connection(context, trusting("localhost")).works());
  TlsClient::Options options = trusting("TWO.test");
  options.authorities = second.authority();
  EXPECT_TRUE(Connection(context, options).works());
  // The default serves whoever names nobody whom we know.
  for (const char* name : {"", "unknown.test"}) {
    TlsClient::Options blind;
    blind.server_name = name;
    Connection connection(context, blind);
    ASSERT_TRUE(connection.works());
    X509* shown = SSL_get0_peer_certificate(connection.client->ssl());
    EXPECT_EQ(X509_check_host(shown, "one.test", 0, 0, nullptr), 1);
  }
}

TEST_F(TlsTest, ACutConnectionIsNoEnd) {  // 85
  const auto context = load(setting());
  std::string bytes;
  Connection ended(context, {});
  ended.client->say_end();
  EXPECT_EQ(ended.read(bytes).outcome, Outcome::end);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient::Options options;
    options.version = version;
    Connection cut(context, options);
    cut.client->send("QUIT");
    cut.client->cut();
    EXPECT_EQ(cut.read(bytes).outcome, Outcome::done);
    EXPECT_EQ(bytes, "QUIT");
    EXPECT_EQ(cut.read(bytes).outcome, Outcome::failed);
    EXPECT_THAT(cut.server->failure(), HasSubstr("unexpected eof"));
  }
}

TEST_F(TlsTest, TheEndIsSaid) {  // 39
  Connection connection(load(setting()), {});
  connection.server->finish();
  EXPECT_EQ(connection.client->receive(), "");
  EXPECT_TRUE(connection.client->ended());
}

TEST_F(TlsTest, WhatIsNotTlsFails) {  // 32
  for (const std::string_view garbage : {"USER u\r\n", "CAPA\r\nQUIT\r\n", "GET / HTTP/1.1\r\n"}) {
    std::array<int, 2> ends{};
    ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    const auto server = *TlsChannel::accept(load(setting()), ends[0]);
    ASSERT_GT(::send(ends[1], garbage.data(), garbage.size(), 0), 0);
    const ChannelStep step = finish_step(ends[0], [&] { return server->handshake(); });
    EXPECT_EQ(step.outcome, Outcome::failed) << garbage;
    EXPECT_FALSE(server->failure().empty());
    server->finish();
    for (const int end : ends) ::close(end);
  }
}

struct FreeSession {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

class TlsResumption : public TlsTest, public ::testing::WithParamInterface<int> {
 protected:
  // Connects and says whether an earlier session was resumed; keeps the new one.
  bool connect(const std::shared_ptr<const TlsContext>& context) {
    TlsClient::Options options;
    options.version = GetParam();
    options.session = session_.get();
    Connection connection(context, options);
    EXPECT_TRUE(connection.works());
    session_.reset(SSL_get1_session(connection.client->ssl()));
    const bool resumed = connection.server->resumed();
    EXPECT_EQ(resumed, SSL_session_reused(connection.client->ssl()) == 1);
    connection.client->say_end();
    return resumed;
  }
  SessionPtr session_;
};

INSTANTIATE_TEST_SUITE_P(Versions, TlsResumption, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& parameter) {
                           return parameter.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(TlsResumption, TicketsAreResumedAlsoAfterAReload) {
  const auto context = load(setting());
  EXPECT_FALSE(connect(context));
  EXPECT_TRUE(connect(context));
  EXPECT_TRUE(connect(load(setting())));
  keys_ = std::make_shared<TlsTicketKeys>(system_clock());
  EXPECT_FALSE(connect(load(setting())));
}

TEST_P(TlsResumption, KeysOfTicketsTakeTurns) {
  const auto context = load(setting());
  EXPECT_FALSE(connect(context));
  const SessionPtr first(SSL_SESSION_dup(session_.get()));
  now_ += keys_->lifetime();
  EXPECT_TRUE(connect(context));
  // Sealed under a key that is gone by now.
  session_.reset(SSL_SESSION_dup(first.get()));
  now_ += keys_->lifetime();
  EXPECT_FALSE(connect(context));
}

TEST_P(TlsResumption, OtherClientAuthoritiesEndIt) {
  const TestClientCertificate anna(directory_.path(), "anna", "anna", "anna@one.test");
  EXPECT_FALSE(connect(load(setting())));
  TlsSetting asking = setting();
  asking.client_authorities = anna.authority_file;
  EXPECT_FALSE(connect(load(asking)));
}

TEST_F(TlsTest, ClientCertificatesNameTheClient) {
  const TestClientCertificate anna(directory_.path(), "anna", "Anna", "anna@one.test");
  const TestClientCertificate eve(directory_.path(), "eve", "Anna", "anna@one.test");
  TlsSetting asking = setting();
  asking.client_authorities = anna.authority_file;
  const auto optional = load(asking);
  asking.client_certificate_required = true;
  const auto required = load(asking);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient::Options options;
    options.version = version;
    Connection nobody(optional, options);
    EXPECT_TRUE(nobody.works());
    EXPECT_FALSE(nobody.server->client());
    EXPECT_FALSE(Connection(required, options).works());

    options.certificate = anna.certificate_file;
    options.key = anna.key_file;
    for (const auto& context : {optional, required}) {
      Connection known(context, options);
      ASSERT_TRUE(known.works());
      const auto client = known.server->client();
      ASSERT_TRUE(client);
      EXPECT_EQ(client->common_name, "Anna");
      EXPECT_THAT(client->mail_addresses, ElementsAre("anna@one.test"));
      EXPECT_EQ(client->fingerprint, read_certificate(anna.certificate_file)->fingerprint);
      const SessionPtr session(SSL_get1_session(known.client->ssl()));
      TlsClient::Options resuming = options;
      resuming.session = session.get();
      Connection again(context, resuming);
      EXPECT_TRUE(again.server->resumed());
      EXPECT_TRUE(again.server->client());
    }

    options.certificate = eve.certificate_file;
    options.key = eve.key_file;
    EXPECT_FALSE(Connection(optional, options).works());
    // Nobody asks her where none is asked for.
    Connection unasked(load(setting()), options);
    EXPECT_TRUE(unasked.works());
    EXPECT_FALSE(unasked.server->client());
  }
}

TEST_F(TlsTest, BothSidesComputeTheSameChannelBindings) {  // 54
  const auto context = load(setting());
  Connection connection(context, {});
  ASSERT_TRUE(connection.works());
  std::string exported(32, '\0');
  const std::string label = "EXPORTER-Channel-Binding";
  SSL_export_keying_material(connection.client->ssl(),
                             reinterpret_cast<unsigned char*>(exported.data()), exported.size(),
                             label.data(), label.size(), nullptr, 0, 0);
  EXPECT_EQ(connection.server->channel_binding(ChannelBinding::tls_exporter), exported);
  std::string digest(32, '\0');
  unsigned size = 0;
  X509_digest(SSL_get0_peer_certificate(connection.client->ssl()), EVP_sha256(),
              reinterpret_cast<unsigned char*>(digest.data()), &size);
  EXPECT_EQ(connection.server->channel_binding(ChannelBinding::tls_server_end_point), digest);
  TlsClient::Options older;
  older.version = TLS1_2_VERSION;
  Connection second(context, older);
  EXPECT_EQ(second.server->channel_binding(ChannelBinding::tls_exporter), "");
  EXPECT_EQ(second.server->channel_binding(ChannelBinding::tls_server_end_point), digest);
}

// Lengths of the application data records that the client reads.
void note_record(int write, int, int type, const void* header, std::size_t, SSL*, void* sizes) {
  if (write != 0 || type != SSL3_RT_HEADER) return;
  const auto* octets = static_cast<const unsigned char*>(header);
  if (octets[0] != SSL3_RT_APPLICATION_DATA) return;
  static_cast<std::vector<int>*>(sizes)->push_back(octets[3] * 256 + octets[4]);
}

TEST_F(TlsTest, RecordsAreSmallAfterAPauseAndLargeInBulk) {
  Connection connection(load(setting()), {}, "!" + std::string(4'999, 'x'));
  ASSERT_TRUE(connection.works());
  EXPECT_EQ(SSL_pending(connection.client->ssl()), 1'299);  // what is left of the first record
  for (std::size_t left = 4'999; left > 0;) left -= connection.client->receive().size();
  // That was a moment ago: no pause.
  std::vector<int> sizes;
  SSL_set_msg_callback(connection.client->ssl(), note_record);
  SSL_set_msg_callback_arg(connection.client->ssl(), &sizes);
  const std::string bytes(40'000, 'x');
  std::thread reading([&] {
    std::size_t count = 0;
    while (count < bytes.size()) count += connection.client->receive().size();
  });
  connection.write(bytes);
  reading.join();
  constexpr int overhead = 17;  // type and tag, RFC 8446 section 5.2
  EXPECT_THAT(sizes, ElementsAre(16'384 + overhead, 16'384 + overhead, 7'232 + overhead));
}

TEST_F(TlsTest, TheEndOfAReplyIsInOneRecord) {  // 13
  Connection connection(load(setting()), {});
  ASSERT_TRUE(connection.works());
  connection.write("x");  // no pause before what follows
  std::vector<int> sizes;
  SSL_set_msg_callback(connection.client->ssl(), note_record);
  SSL_set_msg_callback_arg(connection.client->ssl(), &sizes);
  constexpr int overhead = 17;  // type and tag, RFC 8446 section 5.2
  for (const int tail : {1, 4}) {
    sizes.clear();
    connection.write(std::string(static_cast<std::size_t>(16'384 + tail), 'x'));
    for (int left = 16'384 + tail + (tail == 1 ? 1 : 0); left > 0;) {
      left -= static_cast<int>(connection.client->receive().size());
    }
    EXPECT_EQ(sizes.back(), 5 + overhead) << tail;
  }
}

TEST_F(TlsTest, SaysWhichFileCannotBeUsed) {
  const TlsIdentity good = local_.identity();
  const LocalTls second{directory_.path("second"), {}};
  ASSERT_TRUE(make_local_tls(second, now_));
  EXPECT_THAT(complaint({{}, "", false}), HasSubstr("no certificate"));
  EXPECT_THAT(complaint({{{"/missing.pem", good.key}}, "", false}), HasSubstr("/missing.pem"));
  EXPECT_THAT(complaint({{{good.certificate, "/missing.key"}}, "", false}),
              HasSubstr("/missing.key"));
  EXPECT_THAT(complaint({{{good.certificate, good.certificate}}, "", false}),
              HasSubstr("everybody may read"));
  EXPECT_THAT(complaint({{{good.certificate, second.identity().key}}, "", false}),
              HasSubstr("is not that of the certificate"));
  EXPECT_THAT(complaint({{{good.key, good.key}}, "", false}), HasSubstr("no certificate"));
  EXPECT_THAT(complaint({{good}, good.key, false}), HasSubstr("authorities"));
  ASSERT_EQ(::chmod(good.key.c_str(), 0644), 0);
  EXPECT_THAT(complaint({{good}, "", false}), HasSubstr("chmod o="));
}

}  // namespace
}  // namespace postern
