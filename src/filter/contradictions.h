// ContradictionFinder: lessons that teach nearly the same message as opposites.
//
// Thread rule: one thread at a time. Memory: about 300 octets a lesson.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/blob.h"
#include "base/mail_class.h"
#include "classify/feature_set.h"
#include "classify/similarity.h"

namespace postern {

class ContradictionFinder {
 public:
  // `number` is the lesson's name in what pairs() gives; add in order of number.
  void add(std::uint64_t number, MailClass taught, const FeatureView& features);
  // The same, reading the features from the lesson's content.
  void add(std::uint64_t number, MailClass taught, const Blob& content);

  // The earlier lesson of each pair first.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pairs() const;

 private:
  FeatureSet features_;
  std::vector<SketchedLesson> sketches_;
  std::vector<std::uint64_t> numbers_;
};

}  // namespace postern
