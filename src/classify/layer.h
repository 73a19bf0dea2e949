// A layer: one body of lessons (a user's), and how it scores a message.
//
// Three scorers read a message: a logistic regression over byte 5-grams (AdaGrad: Duchi and others,
// JMLR 12, 2011), and two readings of one table of token counts, a sharp one and a sceptical one,
// which disagree where a few wrong lessons decide. Each raw score is put on the scale of log odds
// by logistic scaling learnt on line (Platt, 1999), their sum is joined with the base model's
// opinion, and a last such step calibrates the whole.
//
// Inside classify: Trainer changes layers, Model is one on disk, Classifier reads either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/mail_class.h"
#include "classify/feature_set.h"

namespace postern {

// a * x + b, fitted by AdaGrad steps; ga and gb are the sums of squared gradients.
struct Scaling {
  double a = 1, b = 0, ga = 1e-3, gb = 1e-3;

  double apply(double x) const { return a * x + b; }
  void fit(double x, double error);
};

// A scaling whose input is first divided by the typical size of the scores so far.
struct ScoreScaling {
  Scaling scaling;
  double square_sum = 0, count = 0;

  double normalised(double score) const;  // within +-8
  void note(double score);                // counts a score as seen
};

// A layer without its tables. Written to the model file field by field.
struct LayerState {
  std::uint64_t lessons[2] = {0, 0};  // by MailClass, all of them
  std::uint64_t counted[2] = {0, 0};  // by MailClass, those that wrote to the tables
  double bias = 0;                    // of the regression
  ScoreScaling grams, tokens, doubtful_tokens;
  Scaling calibration{1, 0, 1, 1};
  double doubt = 0;  // moving share of lessons that the whole model contradicts strongly

  std::uint64_t total() const { return lessons[0] + lessons[1]; }
  // How much the lessons are to be trusted against the base model: none 0, many large.
  double experience() const;
};

// How often lessons had a feature; saturates.
struct TokenCount {
  std::uint16_t ham = 0, spam = 0;
};

// The numbers that explanations share with scoring.
inline constexpr double personal_doubt = 20;    // experience at which the lessons count half
inline constexpr std::size_t sharp_best = 150;  // so many of the strongest tokens speak
inline constexpr std::size_t doubtful_best = 20;

struct LayerView {
  const LayerState* state = nullptr;  // null: no lessons at all
  std::span<const float> weights;
  std::span<const TokenCount> counts;
};

// Where a feature stands in a table of that many slots; any size below 2^32 will do.
inline std::size_t slot_of(Feature feature, std::size_t slots) {
  return static_cast<std::size_t>(std::uint64_t{feature} * slots >> 32);
}

// Everything that scoring finds on its way; learning needs it.
struct Reading {
  double gram_score = 0, token_score = 0, doubtful_score = 0;  // raw
  double gram_odds = 0, token_odds = 0, doubtful_odds = 0;     // nats
  double base_odds = 0;                                        // nats, weight applied
  double personal_odds = 0;                                    // nats, weight applied
  double fused = 0;                                            // base + personal
  double log_odds = 0;                                         // calibrated
};

// `base_opinion` is the base model's log odds, 0 without one.
Reading read(const LayerView& layer, double base_opinion, const FeatureView& features);

// The evidence (nats) that one count gives in the sharp reading and in the sceptical one.
struct TokenEvidence {
  double sharp = 0, doubtful = 0;
};
TokenEvidence evidence(TokenCount count, const LayerState& state);

}  // namespace postern
