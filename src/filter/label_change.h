// LabelChange: how far a verdict is from another label, for explanations.
//
// Thread rule: values and free functions.
#pragma once

#include <string>
#include <vector>

#include "filter/policy.h"
#include "filter/verdict.h"

namespace postern {

struct LabelChange {
  Label to = Label::ham;
  // What the score would have to change by at least; positive is towards spam.
  MilliPoints points = 0;
  // The fewest reasons (places in the ledger, strongest first) that would have to be absent; empty
  // where no number of absent reasons is enough.
  std::vector<std::size_t> without;
};

// For both other labels, the nearer one first. `ledger` is the explanation that adds up to `score`;
// entries whose description is `rest` are sums of many things and never named.
std::vector<LabelChange> label_changes(MilliPoints score, const std::vector<LedgerEntry>& ledger,
                                       const Policy& policy, bool rules_alone,
                                       std::string_view rest);

// "0.7 points more would make it spam", "without A and B it would be unsure": one line a change.
std::vector<std::string> in_words(const std::vector<LabelChange>& changes,
                                  const std::vector<LedgerEntry>& ledger);

}  // namespace postern
