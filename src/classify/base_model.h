// BaseModel: the shipped model, which knows spam before its user has taught anything.
//
// A regression and a Bayesian model over features that carry over between people (the words of
// subject and body, the structure), pruned and quantised to a few octets a feature. Frozen: lessons
// never change it, they outvote it. The file format is in MODEL_FORMAT.md.
//
// Thread rule: const after open(), so share for reading.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/blob.h"
#include "base/result.h"
#include "classify/feature_set.h"

namespace postern {

class BaseModel {
 public:
  // bad_data when the file is damaged, foreign, or of another version.
  static Result<std::shared_ptr<const BaseModel>> open(const std::string& path);
  static Result<std::shared_ptr<const BaseModel>> parse(Blob file, const std::string& name);

  // Log odds of spam in nats, within +-8; 0, no opinion, for a message without base features.
  double log_odds(const FeatureView& features) const;
  // For explanations: what each feature that is known adds to the log odds before they are clamped.
  // With the bias and the shift they add up to it.
  std::vector<std::pair<Feature, double>> parts(const FeatureView& features) const;

  // Identifies these very contents; personal models remember with which base they were calibrated.
  std::uint64_t id() const { return id_; }
  std::size_t features() const { return entries_.size(); }

  // Entries of the file, in order of feature; see MODEL_FORMAT.md.
  struct Entry {
    std::uint16_t low = 0;   // lower half of the feature; the bucket gives the upper
    std::int8_t weight = 0;  // of the regression, quantised
    std::int8_t claim = 0;   // of the Bayesian model, quantised; 0 is none
  };
  struct Scales {
    double bias = 0;         // of the regression
    double weight_step = 0;  // nats of one unit of Entry::weight
    double claim_step = 0;   // nats of one unit of Entry::claim
    double claim_scale = 0;  // factor of the Bayesian score
    double shift = 0;        // subtracted from the sum: caution
  };
  // The file for these; `features` is in ascending order, one for each entry.
  static std::string serialise(const Scales& scales, std::span<const Feature> features,
                               std::span<const Entry> entries);

 private:
  BaseModel() = default;
  const Entry* find(Feature feature) const;
  // Calls `visit` with the entry of each feature that has one, in their order.
  template <class Visit>
  void find_all(std::span<const Feature> features, Visit visit) const;

  Blob file_;
  Scales scales_;
  std::span<const std::uint32_t> buckets_;  // first entry of each upper half; one more at the end
  std::span<const Entry> entries_;
  std::uint64_t id_ = 0;
};

}  // namespace postern
