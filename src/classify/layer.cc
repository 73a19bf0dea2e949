#include "classify/layer.h"

#include <algorithm>
#include <cmath>

#include "classify/scalar_math.h"
#include "classify/top_evidence.h"

namespace postern {
namespace {

constexpr std::size_t prefetch_ahead = 24;
constexpr double base_fade = 200;        // experience at which the base model counts half
constexpr double sharp_strength = 0.02;  // of the prior belief that a token says nothing
constexpr double doubtful_strength = 0.3;

double clamped(double x, double limit) {
  // Also maps a NaN, which only a damaged table can produce, to the lower limit's neutral.
  return x > limit ? limit : x < -limit ? -limit : x == x ? x : 0;
}

double weight_sum(const LayerView& layer, std::span<const Feature> grams) {
  const float* const weights = layer.weights.data();
  const std::size_t slots = layer.weights.size();
  double sum = 0;
  for (std::size_t i = 0; i < grams.size(); ++i) {
    if (i + prefetch_ahead < grams.size()) {
      __builtin_prefetch(weights + slot_of(grams[i + prefetch_ahead], slots));
    }
    sum += static_cast<double>(weights[slot_of(grams[i], slots)]);
  }
  return sum;
}

void hear(const ScoreScaling& scale, Voice& voice) {
  voice.odds = scale.scaling.apply(scale.normalised(voice.score));
}

void hear_grams(const LayerView& layer, const FeatureView& features, Reading& reading) {
  for (std::size_t side = 0; side < gram_sides; ++side) {
    const std::span<const Feature> grams = features.grams[side];
    Voice& voice = reading.grams[side];
    voice.heard = !grams.empty();
    if (!voice.heard) continue;
    voice.score = layer.state->bias[side] + gram_factor(grams.size()) * weight_sum(layer, grams);
    hear(layer.state->grams[side], voice);
  }
}

TokenEvidence evidence_of(const LayerView& layer, TokenCount count) {
  const bool small =
      layer.small != nullptr && (count.ham | count.spam) < int{EvidenceTable::counts};
  return small ? layer.small->of(count) : evidence(count, *layer.state);
}

template <std::size_t K>
void conclude(TopEvidence<K>& evidence, const ScoreScaling& scale, Voice& voice) {
  voice.heard = !evidence.empty();
  if (!voice.heard) return;
  voice.score = evidence.score();
  hear(scale, voice);
}

template <std::size_t Side>
void hear_tokens(const LayerView& layer, std::span<const Feature> tokens,
                 TopEvidence<doubtful_voice.best>& doubtful, Reading& reading) {
  const TokenCount* const counts = layer.counts.data();
  const std::size_t slots = layer.counts.size();
  TopEvidence<token_voices[Side].best> sharp;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i + prefetch_ahead < tokens.size()) {
      __builtin_prefetch(counts + slot_of(tokens[i + prefetch_ahead], slots));
    }
    const TokenCount count = counts[slot_of(tokens[i], slots)];
    if (count.ham == 0 && count.spam == 0) continue;
    const TokenEvidence found = evidence_of(layer, count);
    sharp.add(static_cast<float>(found.sharp));
    doubtful.add(static_cast<float>(found.doubtful));
  }
  conclude(sharp, layer.state->tokens[Side], reading.tokens[Side]);
}

void hear_all_tokens(const LayerView& layer, const FeatureView& features, Reading& reading) {
  TopEvidence<doubtful_voice.best> doubtful;
  hear_tokens<0>(layer, features.tokens[0], doubtful, reading);
  hear_tokens<1>(layer, features.tokens[1], doubtful, reading);
  hear_tokens<2>(layer, features.tokens[2], doubtful, reading);
  hear_tokens<3>(layer, features.tokens[3], doubtful, reading);
  conclude(doubtful, layer.state->doubtful_tokens, reading.doubtful);
}

double sum_of_voices(const Reading& reading) {
  double sum = doubtful_voice.weight * reading.doubtful.odds;
  for (const Voice& voice : reading.grams) sum += gram_voice.weight * voice.odds;
  for (std::size_t side = 0; side < token_sides; ++side) {
    sum += token_voices[side].weight * reading.tokens[side].odds;
  }
  return sum;
}

}  // namespace

void Scaling::fit(double x, double error) {
  constexpr double rate = 0.1;
  constexpr double least_slope = 0.05;
  ga += error * x * error * x;
  gb += error * error;
  a = std::max(least_slope, a + rate * error * x / std::sqrt(ga));
  b += rate * error / std::sqrt(gb);
}

double ScoreScaling::normalised(double score) const {
  if (count == 0 || square_sum <= 0) return 0;
  return clamped(2 * score / std::sqrt(square_sum / count), 8);
}

void ScoreScaling::note(double score) {
  // One outlier must not flatten all later scores.
  const double most = count > 0 && square_sum > 0 ? 25 * square_sum / count : score * score;
  square_sum += std::min(score * score, most);
  count += 1;
}

double LayerState::experience() const {
  const auto ham = static_cast<double>(lessons[0]);
  const auto spam = static_cast<double>(lessons[1]);
  return 2 * std::min(ham, spam) + (ham + spam) / 5;
}

double gram_factor(std::size_t grams) { return 1500 / (static_cast<double>(grams) + 50); }

TokenEvidence evidence(TokenCount count, const LayerState& state) {
  const double spam = count.spam / (static_cast<double>(state.counted[1]) + 1);
  const double ham = count.ham / (static_cast<double>(state.counted[0]) + 1);
  const double seen = count.spam + count.ham;
  const double spam_part = seen * spam / (spam + ham);
  const double ham_part = seen * ham / (spam + ham);
  const auto odds = [&](double strength) {
    return stable_log((strength / 2 + spam_part) / (strength / 2 + ham_part));
  };
  return {odds(sharp_strength), odds(doubtful_strength)};
}

EvidenceTable::EvidenceTable(const LayerState& state) {
  for (std::uint16_t ham = 0; ham < counts; ++ham) {
    for (std::uint16_t spam = 0; spam < counts; ++spam) {
      if (ham + spam > 0) evidence_[ham * counts + spam] = evidence({ham, spam}, state);
    }
  }
}

double personal_share(double experience, double base_opinion) {
  const double doubt = base_opinion != 0 ? 30 : 10;
  return experience / (experience + doubt);
}

Reading read(const LayerView& layer, double base_opinion, const FeatureView& features) {
  Reading reading;
  if (layer.state == nullptr) {
    reading.base_odds = reading.fused = reading.log_odds = base_opinion;
    return reading;
  }
  const LayerState& state = *layer.state;
  hear_grams(layer, features, reading);
  hear_all_tokens(layer, features, reading);

  const double experience = state.experience();
  reading.personal_odds = personal_share(experience, base_opinion) * sum_of_voices(reading);
  reading.base_odds = base_fade / (base_fade + experience) * base_opinion;
  reading.fused = clamped(reading.personal_odds + reading.base_odds, 15);
  reading.log_odds = state.calibration.apply(reading.fused);
  return reading;
}

}  // namespace postern
