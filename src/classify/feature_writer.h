// Inside the tokenizer: how features are made out of texts, and the three kinds of them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "classify/feature_set.h"
#include "classify/tokenizer.h"

namespace postern {

using NameMap = std::unordered_map<Feature, std::string>;

// Adds features to one bag and, for explanations only, notes what they stand for.
class FeatureWriter {
 public:
  FeatureWriter(FeatureBag& bag, NameMap* names) : bag_(bag), names_(names) {}

  // `describe` gives the words; it is called for explanations only.
  template <class Describe>
  void add(std::uint64_t hash, Describe&& describe) {
    const auto feature = static_cast<Feature>(hash >> 32);
    bag_.add(feature);
    if (names_ != nullptr) [[unlikely]]
      names_->emplace(feature, describe());
  }
  // A structural fact: "links:3". `kind` separates facts of different meaning.
  void fact(std::string_view kind, std::uint64_t value) {
    add(mix64(hash_bytes(kind, fact_seed) + value),
        [&] { return std::string(kind) + " = " + std::to_string(value); });
  }
  void fact(std::string_view kind, std::string_view value) {
    add(hash_bytes(value, hash_bytes(kind, fact_seed)),
        [&] { return std::string(kind) + " = " + std::string(value); });
  }
  bool recording() const { return names_ != nullptr; }

 private:
  static constexpr std::uint64_t fact_seed = 0x66616374;

  FeatureBag& bag_;
  NameMap* names_;
};

// Orthogonal sparse bigrams (Siefkes and others, ECML 2004): each token, each token with the next,
// and each with the next but one. `wide` takes the last kind, or is null: nobody wants it.
class TokenStream {
 public:
  TokenStream(FeatureWriter& narrow, FeatureWriter* wide, std::uint64_t seed,
              std::string_view where)
      : narrow_(narrow), wide_(wide), seed_(mix64(seed + 0x746f6b)), where_(where) {}

  // Any run of octets; one of more than `longest` counts by its first octet and length only.
  void token(std::string_view text, std::size_t longest = 40);

 private:
  void emit(std::uint64_t hash, std::string_view text);

  FeatureWriter& narrow_;
  FeatureWriter* wide_;
  std::uint64_t seed_;
  std::string_view where_;
  std::uint64_t last_ = 0, last_but_one_ = 0;
  std::string last_text_, last_but_one_text_;  // filled for explanations only
};

// Sends the tokens of folded text to the stream. Tokens are runs of letters, digits, octets over
// 127 and $ ' - ! . @ _, without . - ' at their ends. Ideographs and kana, which are written
// without spaces, go as pairs of characters; a token of mixed scripts also goes as it looks.
// Gives the number of such disguised tokens.
std::size_t write_tokens(std::string_view text, TokenStream& stream, std::string& scratch,
                         std::size_t longest = 40);

// log2 of a count, for buckets: 0, 1, 2, 3 for 0, 1, 2-3, 4-7, ...
std::uint64_t magnitude(std::uint64_t count);
// Which of `steps` a share part/whole falls in, 0 when part is 0.
std::uint64_t share_bucket(std::uint64_t part, std::uint64_t whole, std::uint64_t steps);
// The outline of a text: letters to a or A, digits to 9, runs of a kind as one. At most 40 octets.
std::string_view outline(std::string_view text, std::array<char, 40>& buffer);

// The kinds of features; each clears nothing and adds to its bags.
void write_gram_features(const Content& content, FeatureSet& features, NameMap* names);
void write_token_features(const Content& content, FeatureSet& features, NameMap* names);
void write_base_features(const Content& content, FeatureSet& features, NameMap* names);

}  // namespace postern
