#include "classify/feature_set.h"

#include <algorithm>

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

namespace {

// Calls `visit` with each span of the view, in their one order.
template <class View, class Visit>
void for_each_part(View& view, Visit visit) {
  for (auto& side : view.grams) visit(side);
  for (auto& side : view.tokens) visit(side);
  visit(view.base);
  visit(view.base_wide);
}

}  // namespace

StoredFeatures::StoredFeatures(const FeatureView& features) {
  std::size_t total = 0;
  auto* size = sizes_.data();
  for_each_part(features, [&](std::span<const Feature> part) {
    *size++ = static_cast<std::uint32_t>(part.size());
    total += part.size();
  });
  all_.reserve(total);
  for_each_part(features, [&](std::span<const Feature> part) {
    all_.insert(all_.end(), part.begin(), part.end());
  });
}

FeatureView StoredFeatures::view() const {
  FeatureView view;
  std::span<const Feature> rest = all_;
  const auto* size = sizes_.data();
  for_each_part(view, [&](std::span<const Feature>& part) {
    part = rest.first(*size);
    rest = rest.subspan(*size++);
  });
  return view;
}

void FeatureSet::clear() {
  for_each_part(*this, [](FeatureBag& bag) { bag.clear(); });
}

FeatureView FeatureSet::view() const {
  FeatureView view;
  for (std::size_t i = 0; i < gram_sides; ++i) view.grams[i] = grams[i].values();
  for (std::size_t i = 0; i < token_sides; ++i) view.tokens[i] = tokens[i].values();
  view.base = base.values();
  view.base_wide = base_wide.values();
  return view;
}

bool operator==(const FeatureSet& a, const FeatureSet& b) {
  const auto same = [](const FeatureBag& x, const FeatureBag& y) {
    return std::ranges::equal(x.values(), y.values());
  };
  return std::ranges::equal(a.grams, b.grams, same) &&
         std::ranges::equal(a.tokens, b.tokens, same) && same(a.base, b.base) &&
         same(a.base_wide, b.base_wide);
}

}  // namespace postern
