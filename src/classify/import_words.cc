#include "classify/import_words.h"

#include <algorithm>
#include <limits>

#include "classify/feature_writer.h"
#include "classify/model.h"
#include "classify/text_fold.h"

namespace postern {
namespace {

constexpr std::uint64_t field_seed = 0x6e616d65;  // as in token_features.cc; a test compares
constexpr std::size_t longest_word = 200;
constexpr std::size_t weight_slots = 1024;  // empty: no letters are known
constexpr std::uint64_t most_experience = 100;

// Typical sizes of the scores, in nats, of models that were taught with mail.
struct TypicalScale {
  double size, slope;
};
constexpr TypicalScale typical_tokens[token_sides] = {{24, 1}, {16, 2}, {25, 2}, {5, 1}};
constexpr TypicalScale typical_doubtful = {15, 2};

void set_scale(ScoreScaling& scale, const TypicalScale& typical) {
  constexpr double as_if_seen = 100;
  scale.count = as_if_seen;
  scale.square_sum = typical.size * typical.size * as_if_seen;
  scale.scaling.a = typical.slope;
}

std::size_t slots_for(std::size_t words) {
  std::size_t slots = 1u << 12;
  while (slots < 4 * words && slots < 1u << 22) slots *= 2;
  return slots;
}

// Counts fit 16 bits; where a class had more messages, all are scaled alike.
class Scale {
 public:
  explicit Scale(std::uint64_t messages)
      : divisor_(std::max<std::uint64_t>(1, (messages + limit - 1) / limit)) {}
  std::uint16_t count(std::uint64_t seen) const {
    // What was seen at all stays seen.
    const std::uint64_t scaled = (seen + divisor_ - 1) / divisor_;
    return static_cast<std::uint16_t>(std::min(scaled, limit));
  }
  std::uint64_t messages(std::uint64_t all) const { return all / divisor_; }

 private:
  static constexpr std::uint64_t limit = std::numeric_limits<std::uint16_t>::max();
  std::uint64_t divisor_;
};

void add(std::uint16_t& count, std::uint16_t more) {
  count = static_cast<std::uint16_t>(
      std::min<unsigned>(count + unsigned{more}, std::numeric_limits<std::uint16_t>::max()));
}

}  // namespace

std::vector<Feature> features_of_word(std::string_view field, std::string_view word) {
  if (word.empty() || word.size() > longest_word) return {};
  std::string folded, scratch;
  const LetterCase letters = field == "subject" ? LetterCase::keep : LetterCase::lower;
  fold_text(word, longest_word, letters, folded);
  thread_local FeatureBag bag;
  bag.clear();
  FeatureWriter writer(bag, nullptr);
  TokenStream stream(writer, nullptr, field.empty() ? 0 : hash_bytes(field, field_seed), field);
  write_tokens(folded, stream, scratch);
  // Several features are pairs: the other filter took for one word what we take for two.
  if (bag.values().size() != 1) return {};
  return {bag.values().begin(), bag.values().end()};
}

std::string model_of_words(const ForeignWords& words) {
  std::vector<TokenCount> counts(slots_for(words.words.size()));
  const Scale scales[] = {Scale(words.ham), Scale(words.spam)};
  for (const ForeignWord& one : words.words) {
    for (const Feature feature : features_of_word(one.field, one.word)) {
      TokenCount& count = counts[slot_of(feature, counts.size())];
      add(count.ham, scales[0].count(one.ham));
      add(count.spam, scales[1].count(one.spam));
    }
  }
  LayerState state;
  const std::uint64_t messages[] = {words.ham, words.spam};
  for (std::size_t i = 0; i < 2; ++i) {
    state.counted[i] = scales[i].messages(messages[i]);
    state.lessons[i] = std::min(messages[i], most_experience);
  }
  for (std::size_t side = 0; side < token_sides; ++side) {
    set_scale(state.tokens[side], typical_tokens[side]);
  }
  set_scale(state.doubtful_tokens, typical_doubtful);
  const std::vector<float> nothing(weight_slots);
  return serialise_model({&state, nothing, counts}, nothing, {}, 0);
}

}  // namespace postern
