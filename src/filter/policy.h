// Policy: from which score on a message is unsure, and from which it is spam.
#pragma once

#include "filter/verdict.h"

namespace postern {

struct Policy {
  // Points (in thousandths): 5.0 is p = 0.95.
  MilliPoints spam_from = 5000;
  // Below it ham: -1.667 points are log odds of -1.
  MilliPoints unsure_from = -1667;
  // While no classifier knows anything, rules speak alone, and silence is a sign of ham.
  MilliPoints unsure_from_rules_alone = 2000;

  Label label_of(MilliPoints score, bool rules_alone = false) const {
    if (score >= spam_from) return Label::spam;
    return score >= (rules_alone ? unsure_from_rules_alone : unsure_from) ? Label::unsure
                                                                          : Label::ham;
  }
};

}  // namespace postern
