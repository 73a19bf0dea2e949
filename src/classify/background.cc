#include "classify/background.h"

#include <algorithm>

#include "base/hash.h"
#include "classify/layer.h"

namespace postern {
namespace {

// As strong as the base model may be, so that the user's lessons outvote either alike.
constexpr double most = 8;

}  // namespace

Result<Background> Background::of(std::shared_ptr<const BaseModel> base,
                                  std::shared_ptr<const Model> site) {
  const std::uint64_t base_id = base != nullptr ? base->id() : 0;
  if (site != nullptr && site->base_id() != 0 && site->base_id() != base_id) {
    return Error(Errc::configuration,
                 "the site model was built over another base model; build it again with the one "
                 "that is in use");
  }
  Background background(std::move(base));
  background.site_ = std::move(site);
  return background;
}

double Background::opinion(const FeatureView& features) const {
  const double odds = base_ != nullptr ? base_->log_odds(features) : 0;
  if (site_ == nullptr) return odds;
  return std::clamp(read(site_->layer(), odds, features).log_odds, -most, most);
}

std::uint64_t Background::id() const {
  const std::uint64_t base_id = base_ != nullptr ? base_->id() : 0;
  return site_ == nullptr ? base_id : mix64(base_id + mix64(site_->id() + 1));
}

}  // namespace postern
