#include "classify/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "classify/condense.h"
#include "lessons.h"

namespace postern {
namespace {

std::set<Feature> as_set(std::span<const Feature> features) {
  return {features.begin(), features.end()};
}

template <class Sides>
std::vector<Feature> all_of_sides(const Sides& sides) {
  std::vector<Feature> all;
  for (const FeatureBag& side : sides) {
    all.insert(all.end(), side.values().begin(), side.values().end());
  }
  return all;
}

std::vector<Feature> grams_of(const FeatureSet& set) { return all_of_sides(set.grams); }
std::vector<Feature> tokens_of(const FeatureSet& set) { return all_of_sides(set.tokens); }

void expect_same(const FeatureSet& a, const FeatureSet& b) {
  EXPECT_EQ(as_set(grams_of(a)), as_set(grams_of(b)));
  EXPECT_EQ(as_set(tokens_of(a)), as_set(tokens_of(b)));
  EXPECT_EQ(as_set(a.base.values()), as_set(b.base.values()));
  EXPECT_EQ(as_set(a.base_wide.values()), as_set(b.base_wide.values()));
}

// Share of a's base features that b has too.
double shared_base(const FeatureSet& a, const FeatureSet& b) {
  const std::set<Feature> of_b = as_set(b.base.values());
  std::size_t shared = 0;
  for (const Feature feature : a.base.values()) shared += of_b.count(feature);
  return static_cast<double>(shared) / static_cast<double>(a.base.values().size());
}

std::set<std::string> names_of(const std::string& message) {
  FeatureSet features;
  FeatureNames names;
  tokenize(Content::decode(Blob::copy(message)), features, names);
  std::set<std::string> all;
  for (const auto& map : {names.tokens, names.base}) {
    for (const auto& [feature, name] : map) all.insert(name);
  }
  return all;
}

TEST(Tokenizer, PathFieldsChangeNoFeature) {
  const std::string plain = ham_message(1);
  for (const char* field : {"X-Spam-Status: Yes, score=99",
                            "x-spam-flag: YES",
                            "X-Postern-Verdict: ham; p=0.001",
                            "X-Orig-Flag: YES",
                            "X-Foreign-1: x",
                            "Status: RO",
                            "X-Status: A",
                            "X-Keywords: junk",
                            "X-UID: 17",
                            "Content-Length: 120",
                            "Lines: 4",
                            "X-Mozilla-Status: 0001",
                            "X-Barracuda-Spam-Score: 3",
                            "X-ASG-Debug-ID: 1",
                            "X-Virus-Scanned: by amavis",
                            "X-MS-Exchange-Organization-SCL: 9",
                            "X-Microsoft-Antispam: BCL:0;",
                            "X-Forefront-Antispam-Report: SFV:SPM",
                            "X-Bogosity: Spam",
                            "X-Text-Classification: spam",
                            "X-Miltered: at mx",
                            "X-Sender-IP: 10.0.0.1",
                            "X-SID-PRA: a@b",
                            "X-UUID: 1-2-3"}) {
    SCOPED_TRACE(field);
    expect_same(features_of(plain), features_of(std::string(field) + "\n" + plain));
    const std::size_t end = plain.find("\n\n");
    expect_same(features_of(plain),
                features_of(plain.substr(0, end + 1) + field + plain.substr(end)));
  }
}

TEST(Tokenizer, OtherFieldsDoChangeFeatures) {
  const FeatureSet plain = features_of(ham_message(1));
  const FeatureSet more = features_of("X-Mailer: Bulk 3\n" + ham_message(1));
  EXPECT_NE(as_set(tokens_of(plain)), as_set(tokens_of(more)));
  EXPECT_NE(as_set(grams_of(plain)), as_set(grams_of(more)));
}

TEST(Tokenizer, ListTagsInTheSubjectChangeNoFeature) {
  const std::string rest = "From: a@b.example\n\nhello there\n";
  expect_same(features_of("Subject: your order\n" + rest),
              features_of("Subject: [Users-List] your order\n" + rest));
}

TEST(Tokenizer, LineEndsChangeNoFeature) {
  const std::string lf = ham_message(3);
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  expect_same(features_of(lf), features_of(crlf));
}

TEST(Tokenizer, InvisibleCharactersDoNotBreakWords) {
  const std::string head = "Subject: x\nContent-Type: text/plain; charset=utf-8\n\n";
  const auto names = names_of(head + "claim your pri\xE2\x80\x8Bze\xC2\xAD now\n");
  EXPECT_TRUE(names.count("text \"prize\""));
  EXPECT_TRUE(names.count("invisible characters = 2"));
  EXPECT_FALSE(names_of(head + "claim your prize now\n").count("invisible characters = 2"));
}

TEST(Tokenizer, WideFormsAreFolded) {
  const auto names = names_of(
      "Subject: x\nContent-Type: text/plain; charset=utf-8\n\n\xEF\xBC\xA3\xEF\xBC\xA1\xEF\xBC\xB3"
      "\xEF\xBC\xA8 prize\n");
  EXPECT_TRUE(names.count("text \"cash prize\""));
}

TEST(Tokenizer, LookAlikesAreReadAsTheyLook) {
  const auto names = names_of(
      "Subject: x\nContent-Type: text/plain; charset=utf-8\n\nyour p\xD0\xB0yp\xD0\xB0l account\n");
  EXPECT_TRUE(names.count("text \"paypal\""));
  EXPECT_TRUE(names.count("disguised words = 1"));
}

TEST(Tokenizer, RussianIsNoDisguise) {
  const auto names = names_of(
      "Subject: x\nContent-Type: text/plain; charset=utf-8\n\n"
      "\xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82 hello\n");
  EXPECT_TRUE(names.count("disguised words = 0"));
}

TEST(Tokenizer, IdeographsGoInPairs) {
  const auto names = names_of(
      "Subject: x\nContent-Type: text/plain; charset=utf-8\n\n"
      "\xE4\xB8\xAD\xE6\x96\x87\xE4\xBF\xA1\n");
  EXPECT_TRUE(names.count("text \"\xE4\xB8\xAD\xE6\x96\x87\""));
  EXPECT_TRUE(names.count("text \"\xE6\x96\x87\xE4\xBF\xA1\""));
}

TEST(Tokenizer, HiddenTextIsKeptApart) {
  const std::string head = "Subject: x\nContent-Type: text/html\n\n<html><body>buy now";
  const auto names =
      names_of(head + "<div style=\"display:none\">committee minutes</div></body></html>");
  EXPECT_TRUE(names.count("hidden text \"committee\""));
  EXPECT_FALSE(names.count("text \"committee\""));
  // Seen, the same words are other features.
  EXPECT_TRUE(
      names_of(head + "<div>committee minutes</div></body></html>").count("text \"committee\""));
}

TEST(Tokenizer, CommentsAndEntitiesDoNotBreakWords) {
  const auto names = names_of(
      "Subject: x\nContent-Type: text/html\n\n<html><body>via<!-- x -->gra "
      "pri&#122;e</body></html>");
  EXPECT_TRUE(names.count("text \"viagra\""));
  EXPECT_TRUE(names.count("text \"prize\""));
}

TEST(Tokenizer, BaseFeaturesIgnoreTheHeaderButSubject) {
  const std::string body = "\n\nWe met and talked about the budget of the year.\n";
  const FeatureSet one =
      features_of("From: a@b.example\nReceived: from x by y\nSubject: budget" + body);
  const FeatureSet other = features_of("From: c@d.example\nX-Mailer: m\nSubject: budget" + body);
  EXPECT_DOUBLE_EQ(shared_base(one, other), 1.0);
}

TEST(Tokenizer, LinkToAnotherHostThanShownIsAFact) {
  const auto names = names_of(
      "From: a@bank.example\nSubject: x\nContent-Type: text/html\n\n<html><body>"
      "<a href=\"http://evil.example/login\">https://www.bank.example/</a></body></html>");
  EXPECT_TRUE(names.count("links shown as another host = 1"));
}

TEST(Tokenizer, EmptyAndStrangeMessagesAreFine) {
  for (const std::string& message :
       {std::string(), std::string("\n"), std::string(":\n\n"), std::string(5, '\0'),
        std::string("Subject: [[[[\n\n]]]"), std::string("a: " + std::string(70'000, 'x'))}) {
    const FeatureSet once = features_of(message);
    expect_same(once, features_of(message));
  }
}

TEST(Tokenizer, IsBoundedForLongMessages) {
  std::string message = "Subject: long\n";
  for (int i = 0; i < 3000; ++i) message += "X-Field-" + std::to_string(i) + ": value\n";
  message += "\n";
  for (int i = 0; i < 200'000; ++i) message += "word" + std::to_string(i) + " ";
  const FeatureSet features = features_of(message);
  EXPECT_LE(grams_of(features).size(), TokenizerLimits::gram_header + TokenizerLimits::gram_body);
  EXPECT_LT(tokens_of(features).size(), 20'000u);
  EXPECT_LT(features.base.values().size(), 2000u);
}

TEST(Condense, KeepsShortMessagesAsTheyAre) {
  const Blob message = Blob::copy(ham_message(1));
  EXPECT_EQ(condense(message).view(), message.view());
}

TEST(Condense, KeepsTextBehindALargeAttachment) {
  std::string message =
      "Subject: x\nContent-Type: multipart/mixed; boundary=\"b1\"\n\n--b1\n"
      "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n";
  for (int i = 0; i < 4000; ++i) message += "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n";
  message += "--b1\nContent-Type: text/plain\n\nthe words that matter\n--b1--\n";
  const Blob condensed = condense(Blob::copy(message));
  EXPECT_LT(condensed.size(), 3000u);
  EXPECT_NE(condensed.view().find("the words that matter"), std::string_view::npos);
  expect_same(features_of(message), features_of(std::string(condensed.view())));
  EXPECT_TRUE(names_of(message).count("text \"words that\""));
}

TEST(Condense, IsIdempotentAndKnowsNoLineEnds) {
  std::string lf = "Subject: x\n\n";
  for (int i = 0; i < 20'000; ++i) lf += "line number " + std::to_string(i) + "\n";
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  const Blob once = condense(Blob::copy(lf));
  EXPECT_LE(once.size(), condensed_limit);
  EXPECT_EQ(condense(once).view(), once.view());
  EXPECT_EQ(condense(Blob::copy(crlf)).view(), once.view());
  expect_same(features_of(lf), features_of(crlf));
}

TEST(Condense, MessageThatIsShortWithoutItsCarriageReturnsLosesOnlyThose) {
  std::string lf = "Subject: x\n\n";
  while (lf.size() < condensed_limit - 10) lf += "twelve chars\n";
  std::string crlf;
  for (const char c : lf) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  ASSERT_GT(crlf.size(), condensed_limit);
  lf.resize(std::min(lf.size(), condensed_limit));
  EXPECT_EQ(condense(Blob::copy(crlf)).view().substr(0, lf.size()), lf);
}

}  // namespace
}  // namespace postern
