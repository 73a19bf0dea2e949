#include "filter/preferences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filter/scanner.h"

namespace postern {
namespace {

using ::testing::HasSubstr;

Content mail(const std::string& header) {
  return Content::decode(Blob::own(header + "\nSubject: x\n\nbody\n"));
}

SenderEntry allow(const std::string& pattern, bool authenticated = false) {
  return {SenderList::allow, pattern, authenticated};
}
SenderEntry block(const std::string& pattern) { return {SenderList::block, pattern, false}; }

// "allow", "block" or "".
std::string opinion(std::vector<SenderEntry> senders, const std::string& header,
                    std::vector<std::string> ids = {}) {
  const Preferences preferences(std::move(senders), {}, std::move(ids));
  const auto entry = preferences.opinion_of(mail(header));
  if (!entry) return "";
  EXPECT_EQ(std::abs(entry->points), 100'000);
  return entry->points < 0 ? "allow" : "block";
}

TEST(SenderPattern, HasOneForm) {
  struct Row {
    const char* given;
    const char* kept;
  };
  for (const Row& row :
       {Row{"Ann@Example.ORG", "ann@example.org"}, Row{"example.org", "example.org"},
        Row{"@example.org", "example.org"}, Row{" *@example.org ", "*@example.org"},
        Row{"news-?@*.example", "news-?@*.example"}}) {
    const auto kept = normalised_sender(row.given);
    ASSERT_TRUE(kept) << row.given;
    EXPECT_EQ(*kept, row.kept);
  }
}

TEST(SenderPattern, RefusesWhatIsNoneAndWhatWouldMatchEverybody) {
  for (const std::string text :
       {"", "  ", "*", "*@*", "*@*.?", "ann", "a@b@c.org", "ann@", "@", "ann smith@example.org",
        "<ann@example.org>", "a@b.org,c@d.org", "example.", "a\nb@c.org"}) {
    const auto kept = normalised_sender(text);
    ASSERT_FALSE(kept) << text;
    EXPECT_EQ(kept.error().kind(), Errc::usage);
  }
  EXPECT_FALSE(normalised_sender(std::string(400, 'a') + ".org"));
}

TEST(Preferences, KnowSendersByAddressDomainAndGlob) {
  struct Row {
    const char* pattern;
    const char* from;
    bool matches;
  };
  for (const Row& row : {
           Row{"ann@example.org", "Ann <Ann@Example.org>", true},
           Row{"ann@example.org", "joann@example.org", false},
           Row{"ann@example.org", "\"ann@example.org\" <evil@example.com>", false},
           Row{"example.org", "x@example.org", true},
           Row{"example.org", "x@deep.mail.example.org", true},
           Row{"example.org", "x@badexample.org", false},
           Row{"example.org", "x@example.org.evil.example", false},
           Row{"*@example.org", "x@example.org", true},
           Row{"*@example.org", "x@mail.example.org", false},
           Row{"news?@*.org", "news1@a.b.org", true},
           Row{"news?@*.org", "news@a.b.org", false},
           Row{"*a*a*a*b@x.org", "aaaaaaaaaaaaaaaaaaaaaaaaaaa@x.org", false},
       }) {
    const std::string header = std::string("From: ") + row.from;
    EXPECT_EQ(opinion({allow(row.pattern)}, header), row.matches ? "allow" : "")
        << row.pattern << " and " << row.from;
  }
}

TEST(Preferences, TheMostParticularPatternWins) {
  const std::string from = "From: ann@mail.example.org";
  EXPECT_EQ(opinion({block("example.org"), allow("mail.example.org")}, from), "allow");
  EXPECT_EQ(opinion({allow("example.org"), block("mail.example.org")}, from), "block");
  EXPECT_EQ(opinion({block("mail.example.org"), allow("ann@mail.example.org")}, from), "allow");
  EXPECT_EQ(opinion({block("*@mail.example.org"), allow("example.org")}, from), "allow");
}

TEST(Preferences, BlockingLooksFurtherThanAllowing) {
  EXPECT_EQ(opinion({allow("a.example")}, "From: x@b.example\nSender: x@a.example"), "");
  EXPECT_EQ(opinion({block("a.example")}, "From: x@b.example\nSender: x@a.example"), "block");
  EXPECT_EQ(opinion({block("a.example")}, "Return-Path: <x@a.example>\nFrom: x@b.example"),
            "block");
  EXPECT_EQ(opinion({allow("a.example")}, "From: x@a.example, y@b.example"), "")
      << "of several addresses none is the sender";
  EXPECT_EQ(opinion({allow("a.example")}, "From: x@a.example\nFrom: y@b.example"), "");
  EXPECT_EQ(opinion({allow("a.example")}, "To: x@a.example"), "");
}

TEST(Preferences, ABoundEntryCountsOnlyWhereATrustedServerVouches) {
  const std::vector<SenderEntry> bound{allow("example.org", true)};
  const std::string from = "From: x@example.org";
  const std::string pass = "Authentication-Results: mx.example; dkim=pass header.d=example.org\n";
  const std::string fail = "Authentication-Results: mx.example; dkim=fail header.d=example.org\n";
  const std::string other = "Authentication-Results: mx.example; dkim=pass header.d=evil.example\n";

  EXPECT_EQ(opinion(bound, pass + from, {"mx.example"}), "allow");
  EXPECT_EQ(opinion(bound, pass + from, {}), "") << "nobody is trusted";
  EXPECT_EQ(opinion(bound, pass + from, {"other.example"}), "");
  EXPECT_EQ(opinion(bound, fail + from, {"mx.example"}), "");
  EXPECT_EQ(opinion(bound, other + from, {"mx.example"}), "");
  EXPECT_EQ(opinion(bound, from, {"mx.example"}), "");
  EXPECT_EQ(
      opinion({allow("x@example.org", true), block("example.org")}, fail + from, {"mx.example"}),
      "block")
      << "an entry that does not count hides no other";
  const Preferences preferences(bound, {}, {"mx.example"});
  EXPECT_THAT(preferences.opinion_of(mail(pass + from))->description,
              HasSubstr("dkim=pass header.d=example.org"));
}

TEST(Preferences, AreInTheLedgerWhichStillAddsUp) {
  std::vector<Diagnostic> diagnostics;
  const Scanner scanner(
      RuleSet::parse("header A Subject =~ /x/\nscore A 3\nheader B Subject =~ /x/\nscore B 2\n"
                     "header C Subject =~ /x/\nscore C 1\n",
                     "test", diagnostics),
      std::make_shared<const Classifier>(nullptr, nullptr), {});
  const Content content = mail("From: x@example.org");
  const Preferences preferences({allow("example.org")}, {{"A", 500}, {"B", 0}, {"NONE", 9000}}, {});

  const Verdict verdict = scanner.scan(content, preferences);

  EXPECT_EQ(scanner.scan(content).score, 6000);
  EXPECT_EQ(verdict.score, 500 + 1000 - 100'000);
  EXPECT_EQ(verdict.label, Label::ham);
  ASSERT_EQ(verdict.ledger.size(), 3u);
  EXPECT_EQ(verdict.ledger[0].name, "ALLOWED_SENDER");
  EXPECT_EQ(verdict.ledger[0].description, "you allow example.org");
  EXPECT_EQ(scanner.explain(content, preferences).size(), 3u);
  EXPECT_NE(verdict.basis, scanner.basis());
  EXPECT_EQ(scanner.scan(content).basis, scanner.basis());
}

TEST(Preferences, TheirNameChangesWithEveryAnswer) {
  const std::vector<Preferences> all{
      Preferences(),
      Preferences({allow("a.org")}, {}, {}),
      Preferences({allow("a.org", true)}, {}, {}),
      Preferences({block("a.org")}, {}, {}),
      Preferences({allow("b.org")}, {}, {}),
      Preferences({}, {{"A", 1}}, {}),
      Preferences({}, {{"A", 2}}, {}),
      Preferences({allow("a.org", true)}, {}, {"mx"}),
  };
  std::set<std::uint64_t> ids;
  for (const Preferences& one : all) ids.insert(one.id());
  EXPECT_EQ(ids.size(), all.size());
  EXPECT_EQ(Preferences({allow("a.org"), block("b.org")}, {}, {}).id(),
            Preferences({block("b.org"), allow("a.org")}, {}, {}).id());
}

}  // namespace
}  // namespace postern
