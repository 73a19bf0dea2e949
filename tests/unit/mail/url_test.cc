#include "mail/url.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "mail/links.h"

namespace postern {
namespace {

TEST(UrlHost, IsWhereAClickGoes) {
  struct {
    const char* url;
    const char* host;
  } constexpr rows[] = {
      {"http://Example.COM/path", "example.com"},
      {"https://example.com:8080?q", "example.com"},
      {"HTTPS://example.com.#f", "example.com"},
      {"//cdn.example/x", "cdn.example"},
      {"http:/\\one.example", "one.example"},
      {"http:one.example", "one.example"},
      {"https:\\\\evil.example\\x", "evil.example"},
      {"https://good.example\\@evil.example", "good.example"},
      {"https://good.example@evil.example/x", "evil.example"},
      {"https://good.example%40x@evil.example", "evil.example"},
      {"https://user:pass@evil.example:1/", "evil.example"},
      {"https://ev%69l.example", "evil.example"},
      {"https://ev\til.exa\nmple", "evil.example"},
      {"  https://a.example ", "a.example"},
      {"https://\xEF\xBC\xA1\xE3\x80\x82"
       "example",
       "a.example"},  // fullwidth A, ideographic stop
      {"https://a\xC2\xAD"
       "b\xE2\x80\x8B"
       "c.example",
       "abc.example"},
      {"https://xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"http://2130706433/", "127.0.0.1"},
      {"http://0x7f.1/", "127.0.0.1"},
      {"http://0177.0.0.01/", "127.0.0.1"},
      {"http://192.168.1.999/", "192.168.1.999"},
      {"http://[::1]:80/", "[::1]"},
      {"ftp://f.example", "f.example"},
      {"mailto:a@B.example?subject=x", "b.example"},
      {"mailto:nobody", ""},
      {"cid:part1@x.example", ""},
      {"javascript:alert(1)", ""},
      {"relative/path", ""},
      {"#top", ""},
      {"http://", ""},
      {"", ""},
  };
  for (const auto& row : rows) EXPECT_EQ(url_host(row.url), row.host) << row.url;
}

TEST(UrlHost, TooLongIsNone) {
  EXPECT_EQ(url_host("http://" + std::string(300, 'a') + ".example"), "");
}

TEST(UrlScheme, IsLowerCase) {
  EXPECT_EQ(url_scheme("HTTP://x"), "http");
  EXPECT_EQ(url_scheme(" java\nscript:x"), "javascript");
  EXPECT_EQ(url_scheme("/x:y"), "");
}

TEST(RegistrableDomain, KnowsCommonSecondLevels) {
  struct {
    const char* host;
    const char* domain;
  } constexpr rows[] = {
      {"example.com", "example.com"},
      {"a.b.example.com", "example.com"},
      {"www.x.co.uk", "x.co.uk"},
      {"x.co.uk", "x.co.uk"},
      {"co.uk", "co.uk"},
      {"a.x.com.br", "x.com.br"},
      {"a.x.co.jp", "x.co.jp"},
      {"a.com.de", "com.de"},
      {"127.0.0.1", "127.0.0.1"},
      {"localhost", "localhost"},
      {"", ""},
      {".", "."},
      {"a..b", ".b"},
  };
  for (const auto& row : rows) EXPECT_EQ(registrable_domain(row.host), row.domain) << row.host;
}

std::vector<std::string> links_in(std::string_view text) {
  Arena arena;
  std::vector<Link> links;
  append_text_links(text, arena, links);
  std::vector<std::string> urls;
  for (const Link& link : links) urls.push_back(std::string(link.url));
  return urls;
}

TEST(TextLinks, FindsAddressesWithoutTheSentenceAround) {
  using List = std::vector<std::string>;
  const struct {
    const char* text;
    List urls;
  } rows[] = {
      {"see http://a.example/x.", {"http://a.example/x"}},
      {"(https://a.example/y)", {"https://a.example/y"}},
      {"https://a.example/y_(z)", {"https://a.example/y_(z)"}},
      {"<HTTP://a.example>,", {"HTTP://a.example"}},
      {"\"ftp://f.example/\"", {"ftp://f.example/"}},
      {"go to www.a.example, now", {"www.a.example"}},
      {"mailto:a@b.example?x=y!", {"mailto:a@b.example?x=y"}},
      {"http://a.example http://b.example", {"http://a.example", "http://b.example"}},
      {"http://a.example/?u=http://b.example", {"http://a.example/?u=http://b.example"}},
      {"xhttp://a.example", {}},
      {"http:// and www. and mailto:", {}},
      {"time: 12:30. No.", {}},
      {"wwww.a.example awww.b.example", {}},
  };
  for (const auto& row : rows) EXPECT_EQ(links_in(row.text), row.urls) << row.text;
}

TEST(TextLinks, StopAtTheLimit) {
  std::string text;
  for (std::size_t i = 0; i <= JudgementLimits::links; ++i) text += "http://a.example ";
  Arena arena;
  std::vector<Link> links;
  EXPECT_FALSE(append_text_links(text, arena, links));
  EXPECT_EQ(links.size(), JudgementLimits::links);
}

TEST(HostShownBy, NeedsAnAddress) {
  Arena arena;
  EXPECT_EQ(host_shown_by("https://Bank.example/login", arena), "bank.example");
  EXPECT_EQ(host_shown_by(" www.bank.example now", arena), "www.bank.example");
  EXPECT_EQ(host_shown_by("bank.example/login", arena), "bank.example");
  EXPECT_EQ(host_shown_by("Click here.", arena), "");
  EXPECT_EQ(host_shown_by("1.5", arena), "");
  EXPECT_EQ(host_shown_by("a@b.example", arena), "");
}

}  // namespace
}  // namespace postern
