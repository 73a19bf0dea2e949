// The client's side of TLS against our own server's side. Numbers in comments are those of the list
// of POP3 statements.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <thread>

#include "net/tls_channel.h"
#include "net/tls_client_context.h"
#include "support/temporary_directory.h"
#include "support/test_server_certificate.h"

namespace postern {
namespace {

using Outcome = ChannelStep::Outcome;
using ::testing::HasSubstr;

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

std::array<int, 2> socket_pair() {
  std::array<int, 2> ends{};
  ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
  for (const int one : ends) ::fcntl(one, F_SETFL, O_NONBLOCK);
  return ends;
}

class TlsClientTest : public ::testing::Test {
 protected:
  using Options = TestServerCertificate::Options;

  TestServerCertificate certificate(const Options& options) {
    return {directory_.path(), "cert" + std::to_string(++made_), options};
  }

  std::shared_ptr<const TlsContext> server(const TestServerCertificate& certificate) {
    ::chmod(certificate.key_file.c_str(), 0600);
    auto context = TlsContext::load(
        {{{certificate.certificate_file, certificate.key_file}}, "", false}, keys_);
    EXPECT_TRUE(context) << context.error().detail;
    return *context;
  }

  static std::shared_ptr<const TlsClientContext> client(const TlsTrust& trust) {
    auto context = TlsClientContext::load(trust);
    EXPECT_TRUE(context) << context.error().detail;
    return *context;
  }

  // Why `host` is refused; empty when it is not, and an octet came through.
  std::string refusal(std::shared_ptr<const TlsContext> of, const std::string& host,
                      std::shared_ptr<const TlsClientContext> by) {
    const std::array<int, 2> ends = socket_pair();
    auto accepted = std::move(*TlsChannel::accept(std::move(of), ends[0]));
    std::thread serving([&] {
      const auto done = finish_step(ends[0], [&] { return accepted->handshake(); });
      if (done.outcome == Outcome::done) {
        finish_step(ends[0], [&] { return accepted->write("!"); });
      }
      ::shutdown(ends[0], SHUT_WR);
    });
    auto connected = TlsChannel::connect(std::move(by), ends[1], host);
    EXPECT_TRUE(connected);
    auto step = finish_step(ends[1], [&] { return (*connected)->handshake(); });
    if (step.outcome == Outcome::done) {
      std::array<char, 8> buffer{};
      step = finish_step(ends[1], [&] { return (*connected)->read(buffer); });
      resumed_ = (*connected)->resumed();
      exporter_ = (*connected)->channel_binding(ChannelBinding::tls_exporter);
      end_point_ = (*connected)->channel_binding(ChannelBinding::tls_server_end_point);
    }
    ::shutdown(ends[1], SHUT_RDWR);
    serving.join();
    server_exporter_ = accepted->channel_binding(ChannelBinding::tls_exporter);
    server_end_point_ = accepted->channel_binding(ChannelBinding::tls_server_end_point);
    const std::string why = step.outcome == Outcome::done ? "" : (*connected)->failure();
    kind_ = (*connected)->failure_kind();
    accepted.reset();
    connected->reset();
    ::close(ends[0]);
    ::close(ends[1]);
    return why;
  }

  std::string refusal(const Options& options, const std::string& host) {
    const TestServerCertificate made = certificate(options);
    return refusal(server(made), host, client({made.authority_file}));
  }

  TemporaryDirectory directory_;
  std::shared_ptr<TlsTicketKeys> keys_ = std::make_shared<TlsTicketKeys>(system_clock());
  int made_ = 0;
  bool resumed_ = false;
  Errc kind_{};
  std::string exporter_, end_point_, server_exporter_, server_end_point_;
};

TEST_F(TlsClientTest, BelievesAServerThatAnAuthorityVouchesFor) {  // 40
  struct Row {
    std::string names;
    std::string host;
  };
  for (const Row& row :
       {Row{"DNS:pop.test", "pop.test"}, Row{"DNS:a.test,DNS:POP.test", "pop.test"},
        Row{"DNS:*.mail.test", "pop.mail.test"}, Row{"IP:192.0.2.1", "192.0.2.1"},
        Row{"IP:2001:db8::1", "2001:db8::1"}}) {
    EXPECT_EQ(refusal({row.names}, row.host), "") << row.names;
  }
}

TEST_F(TlsClientTest, RefusesAnotherServersCertificate) {  // RFC 9525 section 6
  struct Row {
    std::string names;
    std::string host;
  };
  for (const Row& row : {Row{"DNS:imap.test", "pop.test"}, Row{"DNS:*.test", "a.pop.test"},
                         Row{"DNS:*.test", "test"}, Row{"DNS:p*.mail.test", "pop.mail.test"},
                         Row{"DNS:*.test", "pop.test"}, Row{"DNS:192.0.2.1", "192.0.2.1"},
                         Row{"IP:192.0.2.2", "192.0.2.1"}}) {
    EXPECT_THAT(refusal({row.names}, row.host), HasSubstr("not for " + row.host)) << row.names;
    EXPECT_EQ(kind_, Errc::configuration);
  }
  Options common;
  common.alternative_names = "";
  common.common_name = "pop.test";
  EXPECT_THAT(refusal(common, "pop.test"), HasSubstr("common name"));
}

TEST_F(TlsClientTest, SaysWhatIsWrongWithACertificateAndWhatToDo) {
  Options expired;
  expired.begins = -7200;
  expired.ends = -3600;
  const std::string why = refusal(expired, "pop.test");
  EXPECT_THAT(why, HasSubstr("the certificate of pop.test expired on 20"));
  EXPECT_THAT(why, HasSubstr("must renew it"));
  Options early;
  early.begins = 1800;
  EXPECT_THAT(refusal(early, "pop.test"), HasSubstr("not valid before"));
  Options old_authority;
  old_authority.authority_ends = -60;
  EXPECT_THAT(refusal(old_authority, "pop.test"), HasSubstr("vouches for pop.test (CN = Test"));
  Options self_signed;
  self_signed.self_signed = true;
  EXPECT_THAT(refusal(self_signed, "pop.test"), HasSubstr("signed by nobody but itself"));
}

TEST_F(TlsClientTest, TrustsNoAuthorityButThoseItWasTold) {
  const TestServerCertificate shown = certificate({});
  const TestServerCertificate other = certificate({});
  const std::string why = refusal(server(shown), "pop.test", client({other.authority_file}));
  EXPECT_THAT(why, HasSubstr("not trusted here (CN = Test authority cert1)"));
  EXPECT_THAT(why, HasSubstr("tls_authorities"));
  EXPECT_NE(refusal(server(shown), "pop.test", client({})), "");
  // A certificate that was kept needs no authority.
  Options alone;
  alone.self_signed = true;
  const TestServerCertificate kept = certificate(alone);
  EXPECT_EQ(refusal(server(kept), "pop.test", client({kept.certificate_file})), "");
}

TEST_F(TlsClientTest, APinAllowsOneKeyAlone) {
  const TestServerCertificate shown = certificate({});
  const std::string why =
      refusal(server(shown), "pop.test", client({shown.authority_file, std::string(64, 'a')}));
  EXPECT_THAT(why, HasSubstr("is not the one that was pinned"));
  const std::string label = "has the SHA-256 ";
  const std::string pin = why.substr(why.find(label) + label.size(), 64);
  EXPECT_EQ(refusal(server(shown), "pop.test", client({shown.authority_file, pin})), "");
  // A pin is no authority.
  const TestServerCertificate other = certificate({});
  EXPECT_NE(refusal(server(shown), "pop.test", client({other.authority_file, pin})), "");
}

TEST_F(TlsClientTest, RefusesSettingsThatCannotBe) {
  EXPECT_EQ(TlsClientContext::load({"", "abc"}).error().kind(), Errc::configuration);
  EXPECT_EQ(TlsClientContext::load({directory_.path("none.pem")}).error().kind(),
            Errc::configuration);
}

TEST_F(TlsClientTest, TheNextConnectionResumes) {
  const TestServerCertificate shown = certificate({});
  const auto with = server(shown);
  const auto by = client({shown.authority_file});
  EXPECT_EQ(refusal(with, "pop.test", by), "");
  EXPECT_FALSE(resumed_);
  EXPECT_EQ(refusal(with, "pop.test", by), "");
  EXPECT_TRUE(resumed_);
  // What was settled for one name says nothing of another.
  EXPECT_NE(refusal(with, "other.test", by), "");
}

TEST_F(TlsClientTest, BothSidesBindToTheSameChannel) {  // 54
  EXPECT_EQ(refusal(Options{}, "pop.test"), "");
  EXPECT_EQ(exporter_.size(), 32u);
  EXPECT_EQ(exporter_, server_exporter_);
  EXPECT_EQ(end_point_.size(), 32u);
  EXPECT_EQ(end_point_, server_end_point_);
}

// What a client says to a server that answers like that, before it hangs up.
std::string refusal_of(const std::string& answer) {
  const std::array<int, 2> ends = socket_pair();
  ::send(ends[0], answer.data(), answer.size(), 0);
  ::shutdown(ends[0], SHUT_WR);
  auto channel = std::move(*TlsChannel::connect(*TlsClientContext::load({}), ends[1], "pop.test"));
  const auto step = finish_step(ends[1], [&] { return channel->handshake(); });
  EXPECT_EQ(step.outcome, Outcome::failed);
  const std::string why = channel->failure();
  channel.reset();
  ::close(ends[0]);
  ::close(ends[1]);
  return why;
}

TEST(TlsClient, SaysWhenThereIsNoTls) {
  EXPECT_THAT(refusal_of("+OK ready\r\n"), HasSubstr("answers without TLS"));
  EXPECT_NE(refusal_of(""), "");
}

TEST(TlsClient, SaysWhenTlsIsTooOld) {  // 31
  // Alert: fatal, protocol_version (RFC 8446 section 6.2).
  EXPECT_THAT(refusal_of(std::string("\x15\x03\x01\x00\x02\x02\x46", 7)), HasSubstr("too old"));
}

}  // namespace
}  // namespace postern
