// Similarity: which messages say nearly the same.
//
// A sketch holds, for each of 64 hash functions, the least hash of the message's words (MinHash:
// Broder, 1997); the share of equal places estimates the share of words that two texts have in
// common. Pairs are found by bands, so not every two messages are compared.
//
// Thread rule: values and free functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/mail_class.h"
#include "classify/feature_set.h"

namespace postern {

struct Sketch {
  std::array<std::uint32_t, 64> least{};
};

// Of subject, people and visible words; nothing for a message of a few words, where being alike
// means little.
std::optional<Sketch> sketch_of(const FeatureView& features);

double similarity(const Sketch& a, const Sketch& b);  // 0..1

// From here on two messages count as nearly the same.
inline constexpr double near_identical = 0.85;

struct SketchedLesson {
  Sketch sketch;
  MailClass taught = MailClass::ham;
};

// Pairs of places, one ham and one spam each, that are near-identical; for each lesson the most
// similar partner only, in order of the first place.
std::vector<std::pair<std::size_t, std::size_t>> contradictions(
    std::span<const SketchedLesson> lessons);

}  // namespace postern
