// A layer: one body of lessons (a user's), and how it scores a message.
//
// Each side of a message (feature_set.h) is judged by itself: two logistic regressions read the
// byte 4-grams of header and body (AdaGrad: Duchi and others, JMLR 12, 2011), four Bayesian
// readings take the strongest tokens of transport, people, words and structure, and a sceptical
// one takes those of all sides that several lessons agree on, which helps where a few lessons are
// wrong. Each raw score is put on the scale of log odds by logistic scaling learnt on line (Platt,
// 1999), their weighted sum is joined with the base model's opinion, and a last such step
// calibrates the whole. Separate voices err separately: on shuffled mail they make 0.6 times the
// errors of one regression and one Bayesian reading over everything.
//
// Inside classify: Trainer changes layers, Model is one on disk, Classifier reads either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/mail_class.h"
#include "classify/feature_set.h"
#include "classify/own_threshold.h"

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
  double bias[gram_sides] = {};       // of the regressions
  ScoreScaling grams[gram_sides], tokens[token_sides], doubtful_tokens;
  Scaling calibration{1, 0, 1, 1};
  LessonScores scores;  // of the lessons, before each was learnt
  double doubt = 0;     // moving share of lessons that the whole model contradicts strongly

  std::uint64_t total() const { return lessons[0] + lessons[1]; }
  // How much the lessons are to be trusted against the base model: none 0, many large.
  double experience() const;
};

// How often lessons had a feature; saturates.
struct TokenCount {
  std::uint16_t ham = 0, spam = 0;
};

// The numbers that learning and explanations share with scoring.
// How much the lessons count, 0..1: half at an experience of 30 beside a base model, and sooner
// where it has no opinion (is 0), as nobody else speaks. After ten lessons beside a base model a
// value of 10 there made the pair worse than the base model alone.
double personal_share(double experience, double base_opinion);

// How a side's score enters the sum, and how many of the strongest tokens make it.
struct VoiceWeight {
  double weight;
  std::size_t best = 0;
};
inline constexpr VoiceWeight gram_voice{0.7};
inline constexpr VoiceWeight token_voices[token_sides] = {
    {0.5, 15}, {0.5, 15}, {0.5, 30}, {0.3, 15}};
inline constexpr VoiceWeight doubtful_voice{0.4, 10};

// Nats of a regression's score for one nat of weight: a long text must not shout.
double gram_factor(std::size_t grams);

// The evidence (nats) that one count gives in the sharp reading and in the sceptical one.
struct TokenEvidence {
  double sharp = 0, doubtful = 0;
};
TokenEvidence evidence(TokenCount count, const LayerState& state);

// The evidence of small counts, which nearly all are, for a layer that learns no more: two
// logarithms a token were a tenth of judging a message.
class EvidenceTable {
 public:
  static constexpr std::size_t counts = 16;

  EvidenceTable() = default;
  explicit EvidenceTable(const LayerState& state);
  TokenEvidence of(TokenCount count) const { return evidence_[count.ham * counts + count.spam]; }

 private:
  TokenEvidence evidence_[counts * counts];
};

struct LayerView {
  const LayerState* state = nullptr;  // null: no lessons at all
  std::span<const float> weights;
  std::span<const TokenCount> counts;
  const EvidenceTable* small = nullptr;  // of this state; null while it learns
};

// Where a feature stands in a table of that many slots; any size below 2^32 will do.
inline std::size_t slot_of(Feature feature, std::size_t slots) {
  return static_cast<std::size_t>(std::uint64_t{feature} * slots >> 32);
}

// What one side says. A side without any (known) feature is not heard.
struct Voice {
  double score = 0;  // raw
  double odds = 0;   // nats, before its weight
  bool heard = false;
};

// Everything that scoring finds on its way; learning needs it.
struct Reading {
  Voice grams[gram_sides];
  Voice tokens[token_sides];
  Voice doubtful;
  double base_odds = 0;      // nats, weight applied
  double personal_odds = 0;  // nats, weight applied
  double fused = 0;          // base + personal
  double log_odds = 0;       // calibrated
};

// `base_opinion` is the base model's log odds, 0 without one.
Reading read(const LayerView& layer, double base_opinion, const FeatureView& features);

}  // namespace postern
