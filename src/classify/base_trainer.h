// BaseTrainer: makes a base model out of many people's mail.
//
// Deterministic to the bit: the same examples in the same order give the same file.
// Memory: all examples (about 2 kB each) and 20 octets for each distinct feature.
// Thread rule: one thread.
#pragma once

#include <string>
#include <vector>

#include "base/mail_class.h"
#include "classify/base_model.h"
#include "classify/feature_set.h"

namespace postern {

// The base features of a message (grams and tokens are not kept).
struct BaseExample {
  StoredFeatures features;
  MailClass truth = MailClass::ham;
};

struct BaseTrainerOptions {
  double least_weight = 0.012;   // of the regression; what is weaker is pruned
  std::uint32_t least_seen = 3;  // messages with a feature for the Bayesian model to claim anything
  double shift = 0.87;           // caution, in nats
  std::uint64_t seed = 1;        // of the order in which examples are taken
  // How often the regression sees the examples; the Bayesian model counts them once. Twelve were
  // better than one to eleven on collections left out.
  int passes = 12;
};

// The file of a base model (BaseModel::parse) learnt from the examples.
std::string train_base_model(const std::vector<const BaseExample*>& examples,
                             const BaseTrainerOptions& options = {});

}  // namespace postern
