#include "classify/explain.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "classify/tokenizer.h"

namespace postern {
namespace {

class Explainer {
 public:
  Explainer(const Classifier& classifier, const FeatureView& features, const FeatureNames& names)
      : classifier_(classifier), features_(features), names_(names) {
    if (classifier.personal() != nullptr) layer_ = classifier.personal()->layer();
    const double opinion = classifier.background().opinion(features);
    reading_ = read(layer_, opinion, features);
    opinion_ = opinion;
  }

  std::map<std::string, double> reasons() {
    if (layer_.state != nullptr) {
      explain_grams();
      explain_tokens();
    }
    explain_background();
    return std::move(sums_);
  }

 private:
  static std::string name_of(const std::unordered_map<Feature, std::string>& names,
                             Feature feature) {
    const auto found = names.find(feature);
    return found != names.end() ? found->second : "something";
  }

  // Nats of the final log odds for one nat of a personal scorer's scaled odds.
  double personal_weight() const {
    return personal_share(layer_.state->experience(), reading_.base_odds) *
           layer_.state->calibration.a;
  }

  // Nats of the scaled odds for one unit of the raw score.
  static double slope(const ScoreScaling& scale, double score) {
    if (score == 0) return 0;
    return scale.scaling.a * scale.normalised(score) / score;
  }

  void explain_grams() {
    for (std::size_t side = 0; side < gram_sides; ++side) {
      const std::span<const Feature> grams = features_.grams[side];
      const double unit = slope(layer_.state->grams[side], reading_.grams[side].score) *
                          gram_factor(grams.size()) * gram_voice.weight * personal_weight();
      for (const Feature gram : grams) {
        const double weight =
            static_cast<double>(layer_.weights[slot_of(gram, layer_.weights.size())]);
        if (weight != 0) sums_[name_of(names_.grams, gram)] += unit * weight;
      }
    }
  }

  void explain_tokens() {
    const LayerState& state = *layer_.state;
    Found all;
    for (std::size_t side = 0; side < token_sides; ++side) {
      Found found;
      for (const Feature token : features_.tokens[side]) {
        const TokenCount count = layer_.counts[slot_of(token, layer_.counts.size())];
        if (count.ham == 0 && count.spam == 0) continue;
        found.emplace_back(token, evidence(count, state));
      }
      all.insert(all.end(), found.begin(), found.end());
      explain_strongest(found, &TokenEvidence::sharp, token_voices[side],
                        slope(state.tokens[side], reading_.tokens[side].score));
    }
    explain_strongest(all, &TokenEvidence::doubtful, doubtful_voice,
                      slope(state.doubtful_tokens, reading_.doubtful.score));
  }

  using Found = std::vector<std::pair<Feature, TokenEvidence>>;

  void explain_strongest(Found& found, double TokenEvidence::*kind, const VoiceWeight& voice,
                         double unit) {
    const std::size_t kept = std::min(voice.best, found.size());
    if (kept == 0) return;
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(kept), found.end(),
                      [&](const auto& a, const auto& b) {
                        return std::fabs(a.second.*kind) > std::fabs(b.second.*kind);
                      });
    const double each =
        unit / std::sqrt(static_cast<double>(kept)) * voice.weight * personal_weight();
    for (std::size_t i = 0; i < kept; ++i) {
      sums_[name_of(names_.tokens, found[i].first)] += each * (found[i].second.*kind);
    }
  }

  void explain_background() {
    // The background's own clamp and fading are taken as one factor on all of its parts.
    double weight = 1;
    if (layer_.state != nullptr) {
      weight = opinion_ == 0 ? 0 : reading_.base_odds / opinion_ * layer_.state->calibration.a;
    }
    const BaseModel* const base = classifier_.background().base();
    if (const Model* const site = classifier_.background().site()) {
      // One line: what the base model does not say by itself is the site's.
      const double alone = base != nullptr ? base->log_odds(features_) : 0;
      const double faded = read(site->layer(), alone, features_).base_odds;
      const double share = alone == 0 ? 0 : faded / alone * site->state().calibration.a;
      sums_["the site's lessons"] += weight * (opinion_ - share * alone);
      weight *= share;
    }
    if (base == nullptr) return;
    for (const auto& [feature, nats] : base->parts(features_)) {
      sums_["known spam and ham: " + name_of(names_.base, feature)] += weight * nats;
    }
  }

  const Classifier& classifier_;
  const FeatureView features_;
  const FeatureNames& names_;
  LayerView layer_;
  Reading reading_;
  double opinion_ = 0;
  std::map<std::string, double> sums_;
};

}  // namespace

Explanation explain(const Classifier& classifier, const Content& content, std::size_t most) {
  FeatureSet features;
  FeatureNames names;
  tokenize(content, features, names);
  Explanation explanation;
  explanation.assessment = classifier.assess(features);

  std::vector<Reason> reasons;
  for (auto& [text, nats] : Explainer(classifier, features, names).reasons()) {
    reasons.push_back({text, nats});
  }
  std::stable_sort(reasons.begin(), reasons.end(), [](const Reason& a, const Reason& b) {
    return std::fabs(a.nats) > std::fabs(b.nats);
  });
  if (reasons.size() > most) reasons.resize(most);
  double listed = 0;
  for (const Reason& reason : reasons) listed += reason.nats;
  const double held_back = explanation.assessment.held_back;
  reasons.push_back({"everything else", explanation.assessment.log_odds + held_back - listed});
  if (held_back > 0) reasons.push_back({"held back: few ham lessons so far", -held_back});
  explanation.reasons = std::move(reasons);
  return explanation;
}

}  // namespace postern
