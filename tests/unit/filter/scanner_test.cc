#include "filter/scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "classify/tokenizer.h"
#include "classify/trainer.h"

namespace postern {
namespace {

constexpr const char* rules_text =
    "header HAS_OFFER Subject =~ /offer/\nscore HAS_OFFER 2.4\ndescribe HAS_OFFER speaks of an "
    "offer\n"
    "body SAYS_FREE /free/i\nscore SAYS_FREE 3.1\n"
    "header FROM_FRIEND From =~ /friend/\nscore FROM_FRIEND -1.7\n";

std::shared_ptr<const RuleSet> rules(const char* text = rules_text) {
  std::vector<Diagnostic> diagnostics;
  auto set = RuleSet::parse(text, "test", diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  return set;
}

Content message(const std::string& subject, const std::string& body) {
  return Content::decode(
      Blob::own("From: friend@example.org\nSubject: " + subject + "\n\n" + body + "\n"));
}

// A classifier that was taught a few dozen offers and lunches.
std::shared_ptr<const Classifier> taught_classifier() {
  Trainer trainer(100);
  FeatureSet features;
  for (int i = 0; i < 30; ++i) {
    const std::string number = std::to_string(i);
    tokenize(message("offer " + number, "free pills, order now " + number), features);
    trainer.learn(features, MailClass::spam);
    tokenize(message("lunch " + number, "shall we meet at noon " + number), features);
    trainer.learn(features, MailClass::ham);
  }
  auto model = Model::parse(Blob::own(trainer.serialise({})), "test");
  EXPECT_TRUE(model);
  return std::make_shared<const Classifier>(nullptr, *model);
}

MilliPoints sum(const std::vector<LedgerEntry>& ledger) {
  return std::accumulate(
      ledger.begin(), ledger.end(), 0,
      [](MilliPoints total, const LedgerEntry& entry) { return total + entry.points; });
}

TEST(Scanner, TheLedgerAddsUpToTheScoreStrongestFirst) {
  const Scanner scanner(rules(), taught_classifier(), {});
  const Content spam = message("offer", "free pills, order now");
  const Verdict verdict = scanner.scan(spam);
  EXPECT_EQ(sum(verdict.ledger), verdict.score);
  EXPECT_EQ(verdict.label, Label::spam);
  ASSERT_EQ(verdict.ledger.size(), 4u);
  for (std::size_t i = 1; i < verdict.ledger.size(); ++i) {
    EXPECT_GE(std::abs(verdict.ledger[i - 1].points), std::abs(verdict.ledger[i].points));
  }
  EXPECT_EQ(sum(scanner.explain(spam)), verdict.score);
  EXPECT_GT(scanner.explain(spam).size(), 6u);
}

TEST(Scanner, JudgingIsAPureFunction) {
  const Scanner scanner(rules(), taught_classifier(), {});
  const Content ham = message("lunch", "shall we meet at noon");
  const Verdict first = scanner.scan(ham);
  scanner.scan(message("offer", "free free free"));
  const Verdict second = scanner.scan(ham);
  EXPECT_EQ(first.score, second.score);
  EXPECT_EQ(first.label, Label::ham);
  EXPECT_EQ(first.basis, second.basis);
}

TEST(Scanner, WithoutModelsTheRulesDecideAlone) {
  const Scanner scanner(rules(), std::make_shared<const Classifier>(nullptr, nullptr), {});
  const Verdict silent = scanner.scan(message("lunch", "noon"));
  EXPECT_EQ(silent.score, -1700);
  EXPECT_EQ(silent.label, Label::ham);
  const Verdict loud = scanner.scan(message("offer", "free"));
  EXPECT_EQ(loud.score, 2400 + 3100 - 1700);
  EXPECT_EQ(loud.label, Label::unsure);
  EXPECT_EQ(loud.ledger[0].name, "SAYS_FREE");
}

TEST(Scanner, TheBasisChangesWithRulesModelsAndPolicy) {
  const auto none = std::make_shared<const Classifier>(nullptr, nullptr);
  const std::uint64_t basis = Scanner(rules(), none, {}).basis();
  EXPECT_EQ(Scanner(rules(), none, {}).basis(), basis);
  EXPECT_NE(Scanner(rules("body SAYS_FREE /free/i\n"), none, {}).basis(), basis);
  EXPECT_NE(Scanner(rules(), taught_classifier(), {}).basis(), basis);
  Policy strict;
  strict.spam_from = 4000;
  EXPECT_NE(Scanner(rules(), none, strict).basis(), basis);
}

TEST(Policy, LabelsByThreshold) {
  const Policy policy;
  EXPECT_EQ(policy.label_of(5000), Label::spam);
  EXPECT_EQ(policy.label_of(4999), Label::unsure);
  EXPECT_EQ(policy.label_of(-1667), Label::unsure);
  EXPECT_EQ(policy.label_of(-1668), Label::ham);
  EXPECT_EQ(policy.label_of(1999, true), Label::ham);
}

}  // namespace
}  // namespace postern
