#include "classify/base_trainer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "base/hash.h"
#include "classify/scalar_math.h"
#include "classify/top_evidence.h"

namespace postern {
namespace {

constexpr double rate = 0.01;
constexpr double bias_rate = 0.001;
constexpr double ignored_error = 0.01;
constexpr double strength = 0.5;           // of the prior belief that a feature says nothing
constexpr std::size_t best_claims = 60;    // as BaseModel reads them
constexpr double typical_bayes_score = 3;  // root mean square it is scaled to
constexpr double most_weight = 0.25;       // what int8 can hold at most
constexpr double most_claim = 8;

class Training {
 public:
  Training(const std::vector<const BaseExample*>& examples, const BaseTrainerOptions& options)
      : options_(options), order_(examples) {
    collect_features();
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[mix64(mix64(options_.seed) + i) % i]);
    }
  }

  std::string run() {
    double squares = 0;
    std::size_t scored = 0;
    for (int pass = 0; pass < options_.passes; ++pass) {
      for (std::size_t i = 0; i < order_.size(); ++i) {
        const FeatureView features = order_[i]->features.view();
        learn_regression(features, order_[i]->truth);
        if (pass > 0) continue;
        if (i >= order_.size() / 2) {
          const double score = bayes_score(features);
          squares += score * score;
          ++scored;
        }
        count(features, order_[i]->truth);
      }
    }
    const double typical = scored == 0 ? 0 : std::sqrt(squares / static_cast<double>(scored));
    return file(typical > 0 ? typical_bayes_score / typical : 1);
  }

 private:
  struct Slot {
    float weight = 0, gradient = 0;
    std::uint32_t ham = 0, spam = 0;
  };

  void collect_features() {
    for (const BaseExample* example : order_) {
      const FeatureView view = example->features.view();
      for (const auto part : {view.base, view.base_wide}) {
        features_.insert(features_.end(), part.begin(), part.end());
      }
      // Now and then, so that memory grows with the distinct ones only.
      if (features_.size() > 2 * distinct_ + (1u << 22)) make_distinct();
    }
    make_distinct();
    slots_.resize(features_.size());
    for (const Feature feature : features_) ++buckets_[(feature >> bucket_shift) + 1];
    for (std::size_t i = 1; i < buckets_.size(); ++i) buckets_[i] += buckets_[i - 1];
  }

  void make_distinct() {
    std::sort(features_.begin(), features_.end());
    features_.erase(std::unique(features_.begin(), features_.end()), features_.end());
    distinct_ = features_.size();
  }

  Slot& slot(Feature feature) {
    const std::size_t bucket = feature >> bucket_shift;
    const auto found = std::lower_bound(features_.begin() + buckets_[bucket],
                                        features_.begin() + buckets_[bucket + 1], feature);
    return slots_[static_cast<std::size_t>(found - features_.begin())];
  }

  void learn_regression(const FeatureView& features, MailClass truth) {
    touched_.clear();
    double score = bias_;
    for (const auto part : {features.base, features.base_wide}) {
      for (const Feature feature : part) {
        touched_.push_back(&slot(feature));
        score += static_cast<double>(touched_.back()->weight);
      }
    }
    const double error = (truth == MailClass::spam ? 1 : 0) - sigmoid(score);
    if (std::fabs(error) < ignored_error) return;
    for (Slot* one : touched_) {
      one->gradient += static_cast<float>(error * error);
      one->weight +=
          static_cast<float>(rate * error / std::sqrt(static_cast<double>(one->gradient) + 1e-8));
    }
    bias_ += bias_rate * error;
  }

  void count(const FeatureView& features, MailClass truth) {
    for (const Feature feature : features.base) {
      Slot& one = slot(feature);
      ++(truth == MailClass::spam ? one.spam : one.ham);
    }
    ++(truth == MailClass::spam ? spam_ : ham_);
  }

  double claim(const Slot& one) const {
    const double seen = one.spam + one.ham;
    const double spam = one.spam / (spam_ + 1), ham = one.ham / (ham_ + 1);
    const double share = spam / (spam + ham);
    return stable_log((strength / 2 + seen * share) / (strength / 2 + seen * (1 - share)));
  }

  double bayes_score(const FeatureView& features) {
    TopEvidence<best_claims> claims;
    for (const Feature feature : features.base) {
      const Slot& one = slot(feature);
      if (one.spam + one.ham >= options_.least_seen) claims.add(static_cast<float>(claim(one)));
    }
    return claims.score();
  }

  static std::int8_t quantised(double value, double most) {
    return static_cast<std::int8_t>(std::lround(std::clamp(value / most, -1.0, 1.0) * 127));
  }

  std::string file(double claim_scale) const {
    std::vector<Feature> kept;
    std::vector<BaseModel::Entry> entries;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      const Slot& one = slots_[i];
      BaseModel::Entry entry{static_cast<std::uint16_t>(features_[i]), 0, 0};
      const auto weight = static_cast<double>(one.weight);
      if (std::fabs(weight) >= options_.least_weight) entry.weight = quantised(weight, most_weight);
      if (one.spam + one.ham >= options_.least_seen) {
        entry.claim = quantised(claim(one), most_claim);
      }
      if (entry.weight == 0 && entry.claim == 0) continue;
      kept.push_back(features_[i]);
      entries.push_back(entry);
    }
    return BaseModel::serialise(
        {bias_, most_weight / 127, most_claim / 127, claim_scale, options_.shift}, kept, entries);
  }

  const BaseTrainerOptions& options_;
  std::vector<const BaseExample*> order_;
  std::vector<Feature> features_;  // distinct, ascending; slots_ runs beside it
  std::size_t distinct_ = 0;
  // Where the features with the same upper bits begin: a lookup is a short search.
  static constexpr int bucket_shift = 14;
  std::vector<std::ptrdiff_t> buckets_ =
      std::vector<std::ptrdiff_t>((1u << (32 - bucket_shift)) + 1);
  std::vector<Slot> slots_;
  std::vector<Slot*> touched_;
  double bias_ = 0;
  double ham_ = 0, spam_ = 0;
};

}  // namespace

std::string train_base_model(const std::vector<const BaseExample*>& examples,
                             const BaseTrainerOptions& options) {
  return Training(examples, options).run();
}

}  // namespace postern
