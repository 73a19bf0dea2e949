#include "classify/classifier.h"

#include <algorithm>

#include "base/hash.h"

namespace postern {

Assessment assess(const LayerView& layer, const Background& background,
                  const FeatureView& features) {
  const double opinion = background.opinion(features);
  const Reading reading = read(layer, opinion, features);
  Assessment result{reading.log_odds, reading.base_odds, reading.personal_odds, 0, 0};
  if (layer.state == nullptr) return result;
  result.lessons = layer.state->total();
  if (layer.state->lessons[static_cast<std::size_t>(MailClass::ham)] < Classifier::enough_ham) {
    result.log_odds = std::min(result.log_odds, std::max(opinion, Classifier::careful_limit));
    result.held_back = reading.log_odds - result.log_odds;
  }
  return result;
}

Classifier::Classifier(Background background, std::shared_ptr<const Model> personal)
    : background_(std::move(background)), personal_(std::move(personal)) {}

Assessment Classifier::assess(const FeatureView& features) const {
  const LayerView layer = personal_ != nullptr ? personal_->layer() : LayerView{};
  return postern::assess(layer, background_, features);
}

std::uint64_t Classifier::id() const {
  return mix64(mix64(background_.id()) + (personal_ != nullptr ? personal_->id() : 0));
}

}  // namespace postern
