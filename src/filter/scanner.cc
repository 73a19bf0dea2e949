#include "filter/scanner.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "base/hash.h"
#include "classify/explain.h"
#include "classify/tokenizer.h"
#include "filter/label_change.h"

namespace postern {
namespace {

// Reasons of the classifier that are named; the rest is one line.
constexpr std::size_t named_reasons = 15;
// As explain() calls it.
constexpr const char* everything_else = "everything else";

std::uint64_t basis_of(const RuleSet& rules, const Classifier& classifier, const Policy& policy) {
  std::uint64_t basis = mix64(rules.version()) + classifier.id();
  for (const MilliPoints threshold :
       {policy.spam_from, policy.unsure_from, policy.unsure_from_rules_alone}) {
    basis = mix64(basis + static_cast<std::uint64_t>(threshold));
  }
  return basis;
}

void sort_by_strength(std::vector<LedgerEntry>& ledger) {
  std::stable_sort(ledger.begin(), ledger.end(), [](const LedgerEntry& a, const LedgerEntry& b) {
    return std::abs(a.points) > std::abs(b.points);
  });
}

MilliPoints sum_of(const std::vector<LedgerEntry>& ledger) {
  return std::accumulate(
      ledger.begin(), ledger.end(), MilliPoints{0},
      [](MilliPoints sum, const LedgerEntry& entry) { return sum + entry.points; });
}

// Keeps its tables from message to message, so that judging allocates little.
FeatureSet& scratch_features() {
  thread_local FeatureSet features;
  return features;
}

}  // namespace

Scanner::Scanner(std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Classifier> classifier,
                 Policy policy)
    : rules_(std::move(rules)),
      classifier_(std::move(classifier)),
      policy_(policy),
      basis_(basis_of(*rules_, *classifier_, policy_)) {}

bool Scanner::rules_alone() const {
  return classifier_->background().empty() && classifier_->personal() == nullptr;
}

void Scanner::add_rules(const Content& content, const Preferences& preferences,
                        std::vector<LedgerEntry>& ledger) const {
  thread_local std::vector<std::uint32_t> hits;
  rules_->evaluate(content, hits);
  for (const std::uint32_t hit : hits) {
    const RuleInfo& rule = rules_->info(hit);
    const MilliPoints points = preferences.points_of(rule.name).value_or(rule.points);
    if (points != 0) ledger.push_back({rule.name, points, rule.description});
  }
  if (auto opinion = preferences.opinion_of(content)) ledger.push_back(std::move(*opinion));
}

LedgerEntry Scanner::classifier_opinion(const Content& content) const {
  FeatureSet& features = scratch_features();
  tokenize(content, features, classifier_->needs());
  return {classifier_entry, points_of_nats(classifier_->assess(features).log_odds),
          "what the classifier has learnt of such mail"};
}

Verdict Scanner::scan(const Content& content, const Preferences& preferences) const {
  Verdict verdict;
  add_rules(content, preferences, verdict.ledger);
  if (!rules_alone()) verdict.ledger.push_back(classifier_opinion(content));
  sort_by_strength(verdict.ledger);
  verdict.score = sum_of(verdict.ledger);
  verdict.required = policy_.spam_from;
  verdict.label = policy_.label_of(verdict.score, rules_alone());
  verdict.basis = preferences.empty() ? basis_ : mix64(basis_ + preferences.id());
  return verdict;
}

std::vector<LedgerEntry> Scanner::explain(const Content& content,
                                          const Preferences& preferences) const {
  std::vector<LedgerEntry> ledger;
  add_rules(content, preferences, ledger);
  if (rules_alone()) return ledger;
  // What is not named, and what rounding leaves, is one line: so the sum is exact.
  MilliPoints rest = classifier_opinion(content).points;
  for (const Reason& reason : postern::explain(*classifier_, content, named_reasons).reasons) {
    if (reason.text == everything_else) continue;
    const MilliPoints points = points_of_nats(reason.nats);
    rest -= points;
    ledger.push_back({classifier_entry, points, reason.text});
  }
  ledger.push_back({classifier_entry, rest, everything_else});
  sort_by_strength(ledger);
  return ledger;
}

std::vector<std::string> Scanner::changes(const Verdict& verdict,
                                          const std::vector<LedgerEntry>& reasons) const {
  return in_words(label_changes(verdict.score, reasons, policy_, rules_alone(), everything_else),
                  reasons);
}

}  // namespace postern
