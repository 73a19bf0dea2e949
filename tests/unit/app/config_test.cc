#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postern {
namespace {

using ::testing::HasSubstr;

Result<Config> config_of(std::string_view text) {
  const auto given = parse_config(text, "test.toml");
  if (!given) return given.error();
  return make_config(*given);
}

std::string complaint(std::string_view text) {
  const auto config = config_of(text);
  EXPECT_FALSE(config) << text;
  if (config) return "";
  EXPECT_EQ(config.error().kind(), Errc::configuration);
  return config.error().detail;
}

TEST(Config, TakesDefaultsAndWhatIsGiven) {
  const auto config =
      config_of("maildir = '/m/%u'\npop3 = ['127.0.0.1:0', '[::1]:1110']\nspam_from = 6.5\n");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->maildir, "/m/%u");
  ASSERT_EQ(config->pop3.size(), 2u);
  EXPECT_EQ(config->pop3[1].text(), "[::1]:1110");
  EXPECT_EQ(config->policy.spam_from, 6500);
  EXPECT_EQ(config->policy.unsure_from, -1667);
  EXPECT_EQ(config->idle_timeout.count(), 600);
  EXPECT_EQ(config->failed_login_delay.count(), 1000);
  EXPECT_EQ(config->state, "/var/lib/postern");
}

TEST(Config, RefusesUnknownKeysByLineWithAHint) {
  const std::string text = complaint("maildir = '/m'\n\nidel_timeout = 700\n");
  EXPECT_THAT(text, HasSubstr("test.toml:3: unknown key 'idel_timeout'"));
  EXPECT_THAT(complaint("maildir_pattern = '/m'"), HasSubstr("did you mean 'maildir'?"));
  EXPECT_THAT(complaint("[pop3]\nport = 1"), HasSubstr("test.toml:1"));
}

TEST(Config, SaysWhatIsWrongAndWhere) {
  struct Row {
    const char* text;
    const char* complaint;
  };
  for (const Row& row :
       {Row{"maildir = '/m'\nidle_timeout = 60", "test.toml:2: idle_timeout: '60'"},
        Row{"maildir = '/m'\nspam_from = 'many'", "test.toml:2: spam_from"},
        Row{"maildir = '/m'\nspam_from = nan", "test.toml:2: spam_from"},
        Row{"maildir = '/m'\nlog_level = 'loud'", "debug, info, warning or error"},
        Row{"maildir = ['/m']", "single value"}, Row{"maildir = '/m'\npop3 = []", "needs a value"},
        Row{"maildir = '/m'\npop3 = 'here'", "HOST:PORT"},
        Row{"maildir = '/m'\npop3 = '127.0.0.1:65536'", "HOST:PORT"},
        Row{"maildir = ", "test.toml:1"},
        Row{"maildir = '/m'\nunsure_from = 7.0", "greater than spam_from"}}) {
    EXPECT_THAT(complaint(row.text), HasSubstr(row.complaint)) << row.text;
  }
}

TEST(Config, GivingOneOfPop3AndPop3sMeansThatOne) {
  struct Row {
    const char* text;
    std::size_t pop3, pop3s;
  };
  for (const Row& row : {Row{"", 1, 1}, Row{"pop3 = '127.0.0.1:0'\n", 1, 0},
                         Row{"pop3s = ['127.0.0.1:0', '[::]:995']\n", 0, 2},
                         Row{"pop3 = '0.0.0.0:110'\npop3s = '0.0.0.0:995'\n", 1, 1}}) {
    const auto config = config_of(row.text + std::string("maildir = '/m'\n"));
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->pop3.size(), row.pop3) << row.text;
    EXPECT_EQ(config->pop3s.size(), row.pop3s) << row.text;
  }
}

TEST(Config, TakesCertificatesAndTheirKeysInPairs) {
  const auto config = config_of(
      "maildir = '/m'\ntls_certificate = ['a.pem', 'b.pem']\ntls_key = ['a.key', 'b.key']\n"
      "tls_client_authorities = 'ca.pem'\ntls_client_certificate_required = true\n");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->tls.certificates[1], "b.pem");
  EXPECT_EQ(config->tls.keys[1], "b.key");
  EXPECT_TRUE(config->tls.client_certificate_required);
  EXPECT_THAT(complaint("maildir = '/m'\ntls_certificate = ['a', 'b']\ntls_key = 'a.key'\n"),
              HasSubstr("equally many"));
  EXPECT_THAT(complaint("maildir = '/m'\ntls_client_certificate_required = true\n"),
              HasSubstr("tls_client_authorities"));
  EXPECT_THAT(complaint("maildir = '/m'\nclear_text_login = 'sometimes'\n"),
              HasSubstr("never, loopback or always"));
}

TEST(Config, ReadsTablesOfUpstreamServers) {
  const auto config = config_of(
      "[[upstream]]\nurl = 'pop3s://pop.example.org'\nusers = '*@example.org'\n"
      "[[upstream]]\nurl = 'pop3://[2001:db8::1]:1110/'\nlogin = '%n'\ntls_least = '1.3'\n"
      "methods = ['PLAIN', 'user']\ntwo_step = true\n");
  ASSERT_TRUE(config) << config.error().detail;
  ASSERT_EQ(config->upstreams.size(), 2u);
  const UpstreamServer& first = config->upstreams[0].server;
  EXPECT_EQ(first.host, "pop.example.org");
  EXPECT_EQ(first.port, 995);
  EXPECT_EQ(first.security, Pop3Security::implicit_tls);
  EXPECT_EQ(first.users, "*@example.org");
  EXPECT_EQ(first.login, "%u");
  const UpstreamServer& second = config->upstreams[1].server;
  EXPECT_EQ(second.host, "2001:db8::1");
  EXPECT_EQ(second.port, 1110);
  EXPECT_EQ(second.security, Pop3Security::stls);
  EXPECT_EQ(second.methods.size(), 2u);
  EXPECT_TRUE(second.two_step);
  EXPECT_EQ(config->upstreams[1].trust.least, TlsVersion::tls_1_3);
}

TEST(Config, AnUpstreamServerTakesThePlaceOfAMaildir) {
  const auto config = config_of("upstream = 'pop3+clear://127.0.0.1:10110'\n");
  ASSERT_TRUE(config) << config.error().detail;
  ASSERT_EQ(config->upstreams.size(), 1u);
  EXPECT_EQ(config->upstreams[0].server.port, 10110);
  EXPECT_EQ(config->upstreams[0].server.security, Pop3Security::clear);
  EXPECT_EQ(config->upstream_timeout.count(), 30);
}

TEST(Config, SaysWhatIsWrongWithAnUpstreamServer) {
  const std::string table = "[[upstream]]\n";
  EXPECT_THAT(complaint(table + "hots = 'x'\n"), HasSubstr("test.toml:2: unknown key 'hots'"));
  EXPECT_THAT(complaint(table + "users = '*'\n"), HasSubstr("has no url"));
  EXPECT_THAT(complaint(table + "url = ['pop3://a', 'pop3://b']\n"), HasSubstr("a single value"));
  EXPECT_THAT(complaint(table + "login = '%x'\n"), HasSubstr("no other %"));
  EXPECT_THAT(complaint(table + "methods = ['NTLM']\n"), HasSubstr("NTLM"));
  EXPECT_THAT(complaint(table + "tls_least = '1.1'\n"), HasSubstr("1.2 or 1.3"));
  for (const std::string url :
       {"pop.example.org", "imap://a", "pop3://", "pop3s://a:0", "pop3s://a:65536", "pop3s://a:b",
        "pop3s://u@a", "pop3s://[::1", "pop3s://a/b"}) {
    EXPECT_THAT(complaint("upstream = '" + url + "'\n"), HasSubstr("address of a server")) << url;
  }
}

TEST(Config, LaterSettingsWin) {
  const std::vector<GivenSetting> given{{"maildir", {"/file"}, "f:1"},
                                        {"maildir", {"/flag"}, "--maildir"}};
  const auto config = make_config(given);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->maildir, "/flag");
}

TEST(Config, DefaultTextIsAConfigurationThatMeansTheDefaults) {
  const auto given = parse_config(default_config_text() + "maildir = '/m'\n", "default");
  ASSERT_TRUE(given) << given.error().detail;
  EXPECT_TRUE(make_config(*given));
  for (const ConfigKey& key : config_keys()) {
    EXPECT_THAT(default_config_text(),
                HasSubstr("\n" + std::string(key.default_value.empty() ? "#" : "") +
                          std::string(key.name) + " = "));
    EXPECT_FALSE(key.doc.empty());
  }
}

TEST(Config, FlagsUseHyphens) { EXPECT_EQ(config_keys().back().flag(), "--log-level"); }

}  // namespace
}  // namespace postern
