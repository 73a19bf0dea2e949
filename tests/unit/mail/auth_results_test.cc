#include "mail/auth_results.h"

#include <gtest/gtest.h>

namespace postern {
namespace {

std::string shown(std::string_view value) {
  const auto parsed = parse_auth_results(value);
  if (!parsed) return "none";
  std::string text = parsed->authserv_id;
  for (const AuthResult& result : parsed->results) {
    text += "; " + result.method + "=" + result.result;
    for (const auto& property : result.properties)
      text += " " + property.name + "=" + property.value;
  }
  return text;
}

TEST(AuthResults, AreReadAsRfc8601Says) {
  struct Row {
    const char* value;
    const char* shown;
  };
  for (const Row& row : {
           // Appendix B.
           Row{" example.org 1; none", "example.org"},
           Row{" example.com;\n spf=pass smtp.mailfrom=example.net",
               "example.com; spf=pass smtp.mailfrom=example.net"},
           Row{"example.com;\n auth=pass (cram-md5) smtp.auth=sender@example.net;\n spf=pass "
               "smtp.mailfrom=example.net",
               "example.com; auth=pass smtp.auth=sender@example.net; spf=pass "
               "smtp.mailfrom=example.net"},
           Row{"example.com; sender-id=fail header.from=example.com; dkim=pass (good signature) "
               "header.d=example.com",
               "example.com; sender-id=fail header.from=example.com; dkim=pass "
               "header.d=example.com"},
           Row{"foo.example.net (foobar) 1 (baz);\n dkim (Because I like it) / 1 (One yay) = "
               "(wait for it) fail\n policy (A dot can go here) .expired=x",
               "foo.example.net; dkim=fail"},
           // Section 2.2: quoted strings, case, reasons.
           Row{"\"mx;1\"; DKIM=Pass reason=\"a; b\" Header.D=Example.ORG",
               "mx;1; dkim=pass reason=a; b header.d=Example.ORG"},
           Row{"mx; spf=pass smtp.mailfrom=\"odd local\"@example.org",
               "mx; spf=pass smtp.mailfrom=odd local@example.org"},
           // Comments hide nothing and bring nothing in.
           Row{"mx; (dkim=pass header.d=a.example;) dkim=fail", "mx; dkim=fail"},
           Row{"mx; dkim=fail (nested (dkim=pass) \\) still) header.d=a.example",
               "mx; dkim=fail header.d=a.example"},
           Row{"mx; nonsense; dkim=pass header.d=b.example", "mx; dkim=pass header.d=b.example"},
           Row{"mx; dkim=; =pass; dmarc=pass header.from=c.example",
               "mx; dmarc=pass header.from=c.example"},
           Row{"mx", "mx"},
           Row{"mx; dkim=pass (never closed header.d=a", "mx; dkim=pass"},
           Row{"", "none"},
           Row{"  (only a comment)", "none"},
       }) {
    EXPECT_EQ(shown(row.value), row.shown) << row.value;
  }
}

std::size_t trusted(const std::string& header) {
  const Content content = Content::decode(Blob::own(header + "From: a@b.example\n\nx\n"));
  const std::vector<std::string> ids{"MX.example", "second.example"};
  return trusted_auth_results(content, ids).size();
}

TEST(AuthResults, OnlyWhatAServerOfOursWroteOnReceiptIsTrusted) {
  const std::string ours = "Authentication-Results: mx.example; spf=pass\n";
  const std::string other = "Authentication-Results: evil.example; dkim=pass\n";
  const std::string received = "Received: from x by y; z\n";

  EXPECT_EQ(trusted(ours), 1u);
  EXPECT_EQ(trusted(other), 0u);
  EXPECT_EQ(trusted(ours + ours + received), 2u) << "one by each milter";
  EXPECT_EQ(trusted(received + other + ours), 1u) << "below the server's own Received";
  EXPECT_EQ(trusted(ours + received + ours), 1u) << "what came with the message counts nothing";
  EXPECT_EQ(trusted("authentication-results: second.example 1; dkim=pass; spf=fail\n"), 2u);
}

TEST(AuthResults, VouchForADomainOrWhatIsBelowTheirs) {
  struct Row {
    const char* results;
    const char* domain;
    const char* by;
  };
  for (const Row& row : {
           Row{"dkim=pass header.d=example.org", "example.org", "dkim=pass header.d=example.org"},
           Row{"dkim=pass header.d=Example.ORG", "mail.example.org",
               "dkim=pass header.d=example.org"},
           Row{"dkim=pass header.d=mail.example.org", "example.org", ""},
           Row{"dkim=pass header.d=ample.org", "example.org", ""},
           Row{"dkim=pass header.d=org", "example.org", ""},
           Row{"dkim=fail header.d=example.org", "example.org", ""},
           Row{"dkim=pass header.i=@example.org", "example.org", "dkim=pass header.i=example.org"},
           Row{"spf=pass smtp.mailfrom=b@example.org", "example.org",
               "spf=pass smtp.mailfrom=example.org"},
           Row{"spf=pass smtp.helo=example.org", "example.org", ""},
           Row{"spf=softfail smtp.mailfrom=b@example.org", "example.org", ""},
           Row{"dmarc=pass header.from=example.org", "example.org",
               "dmarc=pass header.from=example.org"},
           Row{"dmarc=pass header.from=example.org", "a.example.org", ""},
           Row{"spf=fail smtp.mailfrom=example.org; dkim=pass header.d=example.org", "example.org",
               "dkim=pass header.d=example.org"},
           Row{"dkim=pass header.d=example.org", "", ""},
           Row{"dkim=pass", "example.org", ""},
       }) {
    const auto parsed = parse_auth_results(std::string("mx; ") + row.results);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(authenticated_by(row.domain, parsed->results), row.by)
        << row.results << " for " << row.domain;
  }
}

}  // namespace
}  // namespace postern
