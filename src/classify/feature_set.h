// FeatureSet: what the classifier sees of one message.
//
// A feature is a 32-bit hash; each occurs once however often the message repeats it. The classifier
// reads a message from several sides, each by itself, so that one that is made to look innocent
// (an honest list's header around spam, or spam's words in a friend's mail) cannot speak for all:
//   grams   byte 4-grams of header and of body, for the personal regressions
//   tokens  words, pairs of words and facts of four sides, for the personal Bayesian readings
//   base    words, pairs and structure that carry over between people, for the shipped model
//   base_wide  pairs of words with one between, for the shipped model's regression alone
//
// Thread rule: one FeatureSet per thread. Keep it and fill it again for each message: after the
// first few it allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace postern {

using Feature = std::uint32_t;

// The sides of a message. Their numbers stand in model files.
enum class GramSide : std::uint8_t { header, body };
enum class TokenSide : std::uint8_t {
  transport,  // header fields that say how it came
  people,     // subject, senders and recipients
  words,      // of the text that a reader sees
  structure,  // parts, file names, hidden text, shape
};
inline constexpr std::size_t gram_sides = 2;
inline constexpr std::size_t token_sides = 4;

// The features of one message, borrowed. Everything that scores or learns takes this.
struct FeatureView {
  std::array<std::span<const Feature>, gram_sides> grams;
  std::array<std::span<const Feature>, token_sides> tokens;
  std::span<const Feature> base;
  std::span<const Feature> base_wide;
};

// Who will read the features: without lessons of a user or a site only the base model does, and
// more than half of the work is not needed.
enum class FeatureUse : std::uint8_t { all, base_only };

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
  std::vector<std::uint64_t> slots_ = std::vector<std::uint64_t>(1024);
  std::size_t mask_ = 1023;
  std::uint64_t generation_ = 1;
  std::vector<Feature> values_;
};

// Features in their own, compact memory: to keep those of many messages.
class StoredFeatures {
 public:
  explicit StoredFeatures(const FeatureView& features);
  FeatureView view() const;

 private:
  std::vector<Feature> all_;
  // In order of FeatureView.
  std::array<std::uint32_t, gram_sides + token_sides + 2> sizes_{};
};

struct FeatureSet {
  std::array<FeatureBag, gram_sides> grams;
  std::array<FeatureBag, token_sides> tokens;
  FeatureBag base, base_wide;

  void clear();
  FeatureView view() const;
  // NOLINTNEXTLINE: a set is what a view views.
  operator FeatureView() const { return view(); }

  // Whether they hold the same features in the same order.
  friend bool operator==(const FeatureSet& a, const FeatureSet& b);

  FeatureBag& of(GramSide side) { return grams[static_cast<std::size_t>(side)]; }
  FeatureBag& of(TokenSide side) { return tokens[static_cast<std::size_t>(side)]; }

  // Work space of the tokenizer; holds nothing between calls.
  struct Scratch {
    std::string text, header, body, hidden, token;
  } scratch;
};

}  // namespace postern
