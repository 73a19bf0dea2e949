// Classifier: the background and somebody's lessons, asked together.
//
// Thread rule: const, so share for reading; replace the whole to learn something new.
#pragma once

#include <memory>

#include "classify/background.h"
#include "classify/feature_set.h"
#include "classify/model.h"

namespace postern {

// What the classifier thinks of a message. Natural log odds of spam: 0 is "no idea", 3 is 95 %.
struct Assessment {
  double log_odds = 0;        // the answer: calibrated and careful
  double base = 0;            // part of the background before calibration
  double personal = 0;        // part of the lessons before calibration
  double held_back = 0;       // by how much caution lowered the answer; 0 or more
  std::uint64_t lessons = 0;  // behind it; a threshold may be lower while there are none
};

class Classifier {
 public:
  // `personal` may be null: without it and a background every message has log odds 0.
  Classifier(Background background, std::shared_ptr<const Model> personal);

  // Never says spam (log odds over careful_limit) on the word of the lessons alone before ten of
  // them were ham.
  Assessment assess(const FeatureView& features) const;

  const Background& background() const { return background_; }
  const Model* personal() const { return personal_.get(); }
  // Which features assess() reads.
  FeatureUse needs() const {
    return personal_ == nullptr && background_.site() == nullptr ? FeatureUse::base_only
                                                                 : FeatureUse::all;
  }
  // Changes whenever an assessment could.
  std::uint64_t id() const;

  static constexpr std::uint64_t enough_ham = 10;
  static constexpr double careful_limit = 2.9;

 private:
  Background background_;
  std::shared_ptr<const Model> personal_;
};

// The same for a layer that is still learning (evaluation).
Assessment assess(const LayerView& layer, const Background& background,
                  const FeatureView& features);

}  // namespace postern
