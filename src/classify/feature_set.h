// FeatureSet: what the classifier sees of one message.
//
// A feature is a 32-bit hash; each occurs once however often the message repeats it. There are
// four kinds, because each component of the classifier reads the message in its own way:
//   grams      byte 5-grams of header and body, for the personal logistic regression
//   tokens     words, pairs of words and structure, for the personal Bayesian component
//   base       words, pairs and structure that carry over between people, for the shipped model
//   base_wide  pairs of words with one between, for the shipped model's regression alone
//
// Thread rule: one FeatureSet per thread. Keep it and fill it again for each message: after the
// first few it allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace postern {

using Feature = std::uint32_t;

// The features of one message, borrowed. Everything that scores or learns takes this.
struct FeatureView {
  std::span<const Feature> grams;
  std::span<const Feature> tokens;
  std::span<const Feature> base;
  std::span<const Feature> base_wide;
};

// A set of features in order of first appearance.
class FeatureBag {
 public:
  // More distinct features than this are dropped; no message that the tokenizer bounds has them.
  static constexpr std::size_t capacity = 1u << 16;

  void clear();
  // True when the feature was not there yet.
  bool add(Feature feature) {
    std::size_t at = feature & mask_;
    const std::uint64_t wanted = generation_ << 32 | feature;
    while (slots_[at] >> 32 == generation_) {
      if (slots_[at] == wanted) return false;
      at = (at + 1) & mask_;
    }
    return insert(at, wanted);
  }
  std::span<const Feature> values() const { return values_; }

 private:
  bool insert(std::size_t at, std::uint64_t slot);
  void grow();

  // A slot holds generation and feature, so that clear() need not touch the table.
  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(4096);
  std::size_t mask_ = 4095;
  std::uint64_t generation_ = 1;
  std::vector<Feature> values_;
};

// Features in their own, compact memory: to keep those of many messages.
struct StoredFeatures {
  explicit StoredFeatures(const FeatureView& features);
  FeatureView view() const;

  std::vector<Feature> all;
  std::uint32_t grams = 0, tokens = 0, base = 0;
};

struct FeatureSet {
  FeatureBag grams, tokens, base, base_wide;

  void clear();
  FeatureView view() const {
    return {grams.values(), tokens.values(), base.values(), base_wide.values()};
  }
  // NOLINTNEXTLINE: a set is what a view views.
  operator FeatureView() const { return view(); }

  // Work space of the tokenizer; holds nothing between calls.
  struct Scratch {
    std::string text, header, body, hidden, token;
  } scratch;
};

}  // namespace postern
