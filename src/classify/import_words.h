// Foreign words: what another filter had counted, turned into a Model.
//
// Other filters keep, for each word, in how many spam and ham messages it stood. Those counts fill
// the token table of a model that stands below a user's lessons, as a site model does; pairs of
// words, letters and structure stay unknown. The scales are typical ones, since the mail itself is
// not at hand; the user's own lessons calibrate what comes out.
//
// Thread rule: values and free functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "classify/feature_set.h"

namespace postern {

struct ForeignWord {
  std::string field;  // lower-case name of a header field; empty: the text of the message
  std::string word;   // as the other filter wrote it
  std::uint64_t ham = 0, spam = 0;  // messages that it stood in
};

struct ForeignWords {
  std::uint64_t ham = 0, spam = 0;  // messages taught
  std::vector<ForeignWord> words;
};

// The token features of a word in that place, as the tokenizer makes them; none for what it would
// not take for one word.
std::vector<Feature> features_of_word(std::string_view field, std::string_view word);

// The octets of a model file. It goes with any base model, and speaks as if it had seen at most a
// hundred messages of each class: counts of words alone are not worth more.
std::string model_of_words(const ForeignWords& words);

}  // namespace postern
