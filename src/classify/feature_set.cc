#include "classify/feature_set.h"

namespace postern {

void FeatureBag::clear() {
  values_.clear();
  if (++generation_ >> 32 != 0) {
    slots_.assign(slots_.size(), 0);
    generation_ = 1;
  }
}

bool FeatureBag::insert(std::size_t at, std::uint64_t slot) {
  if (values_.size() >= capacity) return false;
  slots_[at] = slot;
  values_.push_back(static_cast<Feature>(slot));
  if (values_.size() * 2 > slots_.size()) grow();
  return true;
}

void FeatureBag::grow() {
  slots_.assign(slots_.size() * 4, 0);
  mask_ = slots_.size() - 1;
  for (const Feature feature : values_) {
    std::size_t at = feature & mask_;
    while (slots_[at] != 0) at = (at + 1) & mask_;
    slots_[at] = generation_ << 32 | feature;
  }
}

StoredFeatures::StoredFeatures(const FeatureView& features)
    : grams(static_cast<std::uint32_t>(features.grams.size())),
      tokens(static_cast<std::uint32_t>(features.tokens.size())),
      base(static_cast<std::uint32_t>(features.base.size())) {
  all.reserve(grams + tokens + base + features.base_wide.size());
  for (const auto part : {features.grams, features.tokens, features.base, features.base_wide}) {
    all.insert(all.end(), part.begin(), part.end());
  }
}

FeatureView StoredFeatures::view() const {
  const std::span<const Feature> whole = all;
  return {whole.subspan(0, grams), whole.subspan(grams, tokens),
          whole.subspan(grams + tokens, base), whole.subspan(grams + tokens + base)};
}

void FeatureSet::clear() {
  grams.clear();
  tokens.clear();
  base.clear();
  base_wide.clear();
}

}  // namespace postern
