#include "net/tls_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.h"
#include "net/tls_openssl.h"
#include "support/temporary_directory.h"

namespace postern {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto day = std::chrono::hours(24);

class LocalTlsTest : public ::testing::Test {
 protected:
  LocalTlsChange ensure(UnixSeconds when) {
    const auto change = ensure_local_tls(local_, when);
    EXPECT_TRUE(change) << change.error().detail;
    return change ? *change : LocalTlsChange::none;
  }
  std::string complaint(UnixSeconds when) {
    const auto change = ensure_local_tls(local_, when);
    EXPECT_FALSE(change);
    if (change) return "";
    EXPECT_EQ(change.error().kind(), Errc::configuration);
    return change.error().detail;
  }
  CertificateInfo server() { return *read_certificate(local_.identity().certificate); }
  // As a client would check it: chain, constraints, purpose and name.
  long verify(const std::string& name, UnixSeconds when) {
    const auto authority = load_certificate(local_.authority());
    const auto certificate = load_certificate(local_.identity().certificate);
    X509_STORE* store = X509_STORE_new();
    X509_STORE_add_cert(store, authority->get());
    X509_STORE_CTX* context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, certificate->get(), nullptr);
    X509_VERIFY_PARAM* wanted = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_purpose(wanted, X509_PURPOSE_SSL_SERVER);
    X509_VERIFY_PARAM_set_time(wanted, when.time_since_epoch().count());
    if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) != 1) {
      X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), 0);
    }
    X509_verify_cert(context);
    const long verdict = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return verdict;
  }

  const UnixSeconds now_ = system_clock()();
  TemporaryDirectory directory_;
  LocalTls local_{directory_.path("keys"), {"Mail.Example.org", "192.0.2.7", "2001:db8::7"}};
};

TEST_F(LocalTlsTest, MakesACertificateThatClientsOfTheAuthorityBelieve) {
  EXPECT_EQ(ensure(now_), LocalTlsChange::authority);
  for (const char* name :
       {"localhost", "127.0.0.1", "::1", "mail.example.org", "192.0.2.7", "2001:db8::7"}) {
    EXPECT_EQ(verify(name, now_), X509_V_OK) << name;
  }
  EXPECT_EQ(verify("other.example.org", now_), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(ensure(now_), LocalTlsChange::none);
}

TEST_F(LocalTlsTest, KeepsKeysToItself) {
  ensure(now_);
  for (const std::string& path : {local_.authority_key(), local_.identity().key}) {
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u) << path;
  }
}

TEST_F(LocalTlsTest, RenewsTheCertificateBeforeItEnds) {
  ensure(now_);
  const CertificateInfo first = server();
  EXPECT_EQ(first.not_after - first.not_before, 397 * day);
  EXPECT_EQ(ensure(first.not_after - 31 * day), LocalTlsChange::none);
  const UnixSeconds late = first.not_after - 29 * day;
  EXPECT_EQ(ensure(late), LocalTlsChange::certificate);
  EXPECT_NE(server().fingerprint, first.fingerprint);
  EXPECT_EQ(server().names, first.names);
  EXPECT_EQ(verify("mail.example.org", late + 300 * day), X509_V_OK);
}

TEST_F(LocalTlsTest, NamesThatItHadStay) {
  ensure(now_);
  local_.names.clear();
  EXPECT_EQ(ensure(now_), LocalTlsChange::none);
  const UnixSeconds late = server().not_after;
  EXPECT_EQ(ensure(late), LocalTlsChange::certificate);
  EXPECT_THAT(server().names, ElementsAre("localhost", "127.0.0.1", "::1", "mail.example.org",
                                          "192.0.2.7", "2001:db8::7"));
}

TEST_F(LocalTlsTest, TheAuthoritySignsForItsNamesOnly) {
  ensure(now_);
  for (const char* name : {"mail.example.net", "192.0.2.8", "2001:db8::8"}) {
    local_.names = {name};
    EXPECT_THAT(complaint(now_), HasSubstr("postern tls init --force")) << name;
  }
  local_.names = {"pop.mail.example.org", "127.0.0.2"};
  EXPECT_EQ(ensure(now_), LocalTlsChange::certificate);
  EXPECT_EQ(verify("pop.mail.example.org", now_), X509_V_OK);
  EXPECT_EQ(verify("127.0.0.2", now_), X509_V_OK);
  local_.names = {"mail.example.net"};
  ASSERT_TRUE(make_local_tls(local_, now_));
  EXPECT_EQ(verify("mail.example.net", now_), X509_V_OK);
}

TEST_F(LocalTlsTest, RefusesWhatIsNoName) {
  for (const char* name : {"", "a b", "a,permitted;DNS:b", "x/y", "a\nb", "*.example.org"}) {
    local_.names = {name};
    EXPECT_FALSE(ensure_local_tls(local_, now_)) << name;
  }
}

TEST_F(LocalTlsTest, MendsAPairThatDoesNotFit) {
  ensure(now_);
  const std::string before = server().fingerprint;
  std::filesystem::copy_file(local_.authority_key(), local_.identity().key,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(ensure(now_), LocalTlsChange::certificate);
  EXPECT_NE(server().fingerprint, before);
  std::filesystem::remove(local_.identity().certificate);
  EXPECT_EQ(ensure(now_), LocalTlsChange::certificate);
}

TEST_F(LocalTlsTest, SaysWhenTheAuthorityCannotGoOn) {
  ensure(now_);
  EXPECT_THAT(complaint(now_ + 3400 * day), HasSubstr("ends before"));
  std::filesystem::copy_file(local_.identity().key, local_.authority_key(),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_EQ(ensure(now_), LocalTlsChange::none);
  EXPECT_THAT(complaint(now_ + 380 * day), HasSubstr("another key"));
}

}  // namespace
}  // namespace postern
