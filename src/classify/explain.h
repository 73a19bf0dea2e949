// Why: what the classifier's log odds are made of, in words.
//
// Thread rule: a free function over const things.
#pragma once

#include <string>
#include <vector>

#include "classify/classifier.h"
#include "mail/content.h"

namespace postern {

// A reason, in nats towards spam (positive) or ham.
struct Reason {
  std::string text;  // "text \"prize\"", "header letters ...viag...", "everything else"
  double nats = 0;
};

struct Explanation {
  Assessment assessment;
  // Strongest first, then "everything else", and "held back: few ham lessons" where that applied.
  // They add up to assessment.log_odds within rounding.
  std::vector<Reason> reasons;
};

// Reads the message again, noting the words behind each feature; some milliseconds. `most` is the
// number of single reasons. Text is UTF-8 from the message: escape it before showing it.
Explanation explain(const Classifier& classifier, const Content& content, std::size_t most = 20);

}  // namespace postern
