#include "classify/trainer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "base/file.h"
#include "classify/scalar_math.h"

namespace postern {
namespace {

// Up to so many lessons fit well into tables of that size. Files: 0.5, 4 and 24 MB.
struct Tier {
  std::uint64_t lessons;
  std::size_t weights, counts;
};
constexpr Tier tiers[] = {
    {64, 1u << 15, 60u << 10},
    {1024, 1u << 18, 464u << 10},
    {std::numeric_limits<std::uint64_t>::max(), 1u << 20, 1u << 22},
};

const Tier& tier_for(std::uint64_t lessons) {
  return *std::find_if(std::begin(tiers), std::end(tiers),
                       [&](const Tier& tier) { return lessons <= tier.lessons; });
}

constexpr std::uint64_t few = 20;    // lessons (of a class) in which everything is believed
constexpr double certain = 0.99999;  // the tables do not learn what is as sure as this
constexpr double disbelief = 0.05;   // probability of the taught class at which trust is half
constexpr double strong_contradiction = 0.01;
constexpr double doubt_window = 500;  // lessons

constexpr double rate = 0.03;
constexpr double bias_rate = 0.001;
constexpr double most_effect = 10;  // nats by which one lesson may move its own message
constexpr double tiny = 1e-8;

}  // namespace

Trainer::Trainer(std::uint64_t expected_lessons, Background background)
    : background_(std::move(background)) {
  const Tier& tier = tier_for(expected_lessons);
  weights_.resize(tier.weights);
  gradients_.resize(tier.weights);
  counts_.resize(tier.counts);
}

Trainer::Trainer(const Model& model, Background background)
    : background_(std::move(background)),
      state_(model.state()),
      weights_(model.layer().weights.begin(), model.layer().weights.end()),
      gradients_(model.gradients().begin(), model.gradients().end()),
      counts_(model.layer().counts.begin(), model.layer().counts.end()) {}

Trainer::Effect Trainer::learn(const FeatureView& features, MailClass taught) {
  const bool spam = taught == MailClass::spam;
  const double opinion = background_.opinion(features);
  const Reading reading = read(layer(), opinion, features);
  const auto own = static_cast<std::size_t>(taught);
  const auto other = static_cast<std::size_t>(opposite(taught));
  const std::uint64_t of_own = state_.lessons[own];
  const std::uint64_t of_other = state_.lessons[other];

  const double believed = sigmoid(spam ? reading.log_odds : -reading.log_odds);
  const double trust = believed / (believed + disbelief);
  Effect effect{reading.log_odds, false, false};
  effect.doubtful = state_.total() >= few && believed < strong_contradiction;

  if (of_own >= few && of_other >= few) state_.scores.note(taught, reading.log_odds);

  // A class that is far ahead of the other must not drag the scales to its side.
  const double balance =
      std::min(1.0, 3 * static_cast<double>(of_other) / (static_cast<double>(of_own) + 1));
  fit_scalings(reading, taught, balance * (state_.total() >= few ? trust : 1));

  if (believed < certain || of_own < few) {
    const bool settled = of_own >= few && of_other >= few;
    for (std::size_t side = 0; side < gram_sides; ++side) {
      const Voice& voice = reading.grams[side];
      if (!voice.heard) continue;
      const double error = (spam ? 1 : 0) - sigmoid(voice.score);
      const double felt = settled ? trust * error : error;
      if (std::fabs(felt) < (settled ? 0.002 : 0.02)) continue;
      learn_grams(features.grams[side], felt);
      state_.bias[side] += bias_rate * felt;
    }
    for (const auto side : features.tokens) count_tokens(side, taught);
    ++state_.counted[own];
    effect.remembered = true;
  }
  state_.doubt += ((effect.doubtful ? 1 : 0) - state_.doubt) / doubt_window;
  ++state_.lessons[own];
  return effect;
}

void Trainer::fit_scalings(const Reading& reading, MailClass taught, double weight) {
  const double target = taught == MailClass::spam ? 1 : 0;
  const auto fit = [&](ScoreScaling& scale, const Voice& voice) {
    if (!voice.heard) return;
    const double x = scale.normalised(voice.score);
    scale.scaling.fit(x, (target - sigmoid(scale.scaling.apply(x))) * weight);
    scale.note(voice.score);
  };
  for (std::size_t side = 0; side < gram_sides; ++side) {
    fit(state_.grams[side], reading.grams[side]);
  }
  for (std::size_t side = 0; side < token_sides; ++side) {
    fit(state_.tokens[side], reading.tokens[side]);
  }
  fit(state_.doubtful_tokens, reading.doubtful);
  state_.calibration.fit(reading.fused, (target - sigmoid(reading.log_odds)) * weight);
}

void Trainer::learn_grams(std::span<const Feature> grams, double error) {
  const std::size_t slots = weights_.size();
  const double square = error * error;
  const double factor = gram_factor(grams.size());
  double effect = 0;
  for (const Feature gram : grams) {
    effect += 1 / std::sqrt(static_cast<double>(gradients_[slot_of(gram, slots)]) + square + tiny);
  }
  effect *= rate * factor * factor * std::fabs(error);
  const double step = rate * factor * error * std::min(1.0, most_effect / effect);
  for (const Feature gram : grams) {
    const std::size_t slot = slot_of(gram, slots);
    gradients_[slot] += static_cast<float>(square);
    weights_[slot] +=
        static_cast<float>(step / std::sqrt(static_cast<double>(gradients_[slot]) + tiny));
  }
}

void Trainer::count_tokens(std::span<const Feature> tokens, MailClass taught) {
  const std::size_t slots = counts_.size();
  constexpr auto full = std::numeric_limits<std::uint16_t>::max();
  for (const Feature token : tokens) {
    TokenCount& count = counts_[slot_of(token, slots)];
    std::uint16_t& own = taught == MailClass::spam ? count.spam : count.ham;
    if (own != full) ++own;
  }
}

bool Trainer::outgrown() const {
  const Tier& needed = tier_for(state_.total());
  return needed.weights > weights_.size();
}

std::string Trainer::serialise(const ModelBasis& basis) const {
  return serialise_model(layer(), gradients_, basis, background_.id());
}

Result<void> Trainer::save(const std::string& path, const ModelBasis& basis) const {
  return write_file_atomically(path, serialise(basis));
}

}  // namespace postern
