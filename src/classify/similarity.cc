#include "classify/similarity.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "base/hash.h"

namespace postern {
namespace {

constexpr std::size_t fewest_words = 20;
// Two sketches that are 0.85 alike share a band of 4 with a chance of 0.52 each: all 16 are missed
// once in 100,000.
constexpr std::size_t bands = 16, rows = 4;
// A band that hundreds share is boilerplate; comparing all of them would be quadratic.
constexpr std::size_t most_in_band = 50;

using Buckets = std::unordered_map<std::uint64_t, std::vector<std::size_t>>;

std::uint64_t band_key(const Sketch& sketch, std::size_t band) {
  std::uint64_t key = band;
  for (std::size_t row = 0; row < rows; ++row) {
    key = mix64(key * 31 + sketch.least[band * rows + row]);
  }
  return key;
}

}  // namespace

std::optional<Sketch> sketch_of(const FeatureView& features) {
  const std::span<const Feature> sides[] = {
      features.tokens[static_cast<std::size_t>(TokenSide::people)],
      features.tokens[static_cast<std::size_t>(TokenSide::words)],
  };
  if (sides[1].size() < fewest_words) return std::nullopt;
  Sketch sketch;
  sketch.least.fill(std::numeric_limits<std::uint32_t>::max());
  for (const auto side : sides) {
    for (const Feature feature : side) {
      std::uint64_t hash = mix64(feature + 0x736b6574ULL);
      for (std::uint32_t& least : sketch.least) {
        hash = hash * 6364136223846793005ULL + 1442695040888963407ULL;
        least = std::min(least, static_cast<std::uint32_t>(hash >> 32));
      }
    }
  }
  return sketch;
}

double similarity(const Sketch& a, const Sketch& b) {
  std::size_t equal = 0;
  for (std::size_t i = 0; i < a.least.size(); ++i) equal += a.least[i] == b.least[i];
  return static_cast<double>(equal) / static_cast<double>(a.least.size());
}

std::vector<std::pair<std::size_t, std::size_t>> contradictions(
    std::span<const SketchedLesson> lessons) {
  Buckets buckets;
  std::map<std::size_t, std::pair<double, std::size_t>> best;  // lesson -> likeness, earlier one
  for (std::size_t i = 0; i < lessons.size(); ++i) {
    for (std::size_t band = 0; band < bands; ++band) {
      std::vector<std::size_t>& bucket = buckets[band_key(lessons[i].sketch, band)];
      for (const std::size_t other : bucket) {
        if (lessons[other].taught == lessons[i].taught) continue;
        const double alike = similarity(lessons[i].sketch, lessons[other].sketch);
        if (alike < near_identical) continue;
        auto& [likeness, partner] = best[i];
        if (alike > likeness) {
          likeness = alike;
          partner = other;
        }
      }
      if (bucket.size() < most_in_band) bucket.push_back(i);
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (const auto& [lesson, found] : best) pairs.emplace_back(found.second, lesson);
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

}  // namespace postern
