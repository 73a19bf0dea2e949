// Background: what is known before the user's own lessons: the base model, and above it a site's.
//
// A site model is a Model that many people share: made from an organisation's mail, or from what
// another filter had learnt. It reads a message over the base model's opinion just as a user's
// lessons do, and what comes out stands below the user's lessons in the base model's place.
//
// Thread rule: const, so share for reading; a value that shares what it points to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "classify/base_model.h"
#include "classify/feature_set.h"
#include "classify/model.h"

namespace postern {

class Background {
 public:
  // Nothing is known: every opinion is 0.
  Background() = default;
  // NOLINTBEGIN: a base model alone is a background, and so is none.
  Background(std::nullptr_t) {}
  Background(std::shared_ptr<const BaseModel> base) : base_(std::move(base)) {}
  // NOLINTEND
  // Either may be null. A site model that was folded over another base model is refused
  // (configuration): its calibration would be wrong. One that was folded over none goes with any.
  static Result<Background> of(std::shared_ptr<const BaseModel> base,
                               std::shared_ptr<const Model> site);

  // Log odds of spam in nats, within +-8.
  double opinion(const FeatureView& features) const;

  // Identifies what this is made of; 0 for nothing. Personal models remember it.
  std::uint64_t id() const;
  bool empty() const { return base_ == nullptr && site_ == nullptr; }

  const BaseModel* base() const { return base_.get(); }
  const Model* site() const { return site_.get(); }

 private:
  std::shared_ptr<const BaseModel> base_;
  std::shared_ptr<const Model> site_;
};

}  // namespace postern
