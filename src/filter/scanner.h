// Scanner: one judgement of one message: rules and classifier into one Verdict.
//
// A pure function of the message, the rules, the models and the policy; the same in the server,
// the command, the tests and the benchmarks.
//
// Thread rule: const and thread-safe; swapped as shared_ptr<const Scanner>.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/blob.h"
#include "classify/classifier.h"
#include "filter/policy.h"
#include "filter/preferences.h"
#include "filter/verdict.h"
#include "mail/content.h"
#include "rules/rule_set.h"

namespace postern {

class Scanner {
 public:
  // Neither may be null; a Classifier without models leaves judging to the rules.
  Scanner(std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Classifier> classifier,
          Policy policy);

  // What the user decided goes into the ledger, and into the verdict's basis.
  Verdict scan(const Content& content, const Preferences& preferences = {}) const;
  Verdict scan(const Blob& message, const Preferences& preferences = {}) const {
    return scan(Content::decode(message), preferences);
  }

  // The ledger with the classifier's entry taken apart into what spoke for and against, strongest
  // first. Adds up to the same score exactly. Slower than scan(); for people.
  std::vector<LedgerEntry> explain(const Content& content,
                                   const Preferences& preferences = {}) const;

  // How far the message is from another label, in plain words; `reasons` as explain() gave them.
  std::vector<std::string> changes(const Verdict& verdict,
                                   const std::vector<LedgerEntry>& reasons) const;

  // Changes whenever a verdict could: hash of rules, models and policy.
  std::uint64_t basis() const { return basis_; }

  static constexpr const char* classifier_entry = "CLASSIFIER";

 private:
  void add_rules(const Content& content, const Preferences& preferences,
                 std::vector<LedgerEntry>& ledger) const;
  LedgerEntry classifier_opinion(const Content& content) const;
  bool rules_alone() const;

  const std::shared_ptr<const RuleSet> rules_;
  const std::shared_ptr<const Classifier> classifier_;
  const Policy policy_;
  const std::uint64_t basis_;
};

}  // namespace postern
