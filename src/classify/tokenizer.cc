#include "classify/tokenizer.h"

#include <optional>

#include "classify/condense.h"
#include "classify/feature_writer.h"

namespace postern {
namespace {

void tokenize_into(const Content& content, FeatureSet& features, FeatureUse use,
                   FeatureNames* names) {
  features.clear();
  if (content.message.size() > condensed_limit) {
    // A condensed message is within the limit, so this ends here.
    tokenize_into(Content::decode(condense(content.message)), features, use, names);
    return;
  }
  if (use == FeatureUse::all) {
    write_gram_features(content, features, names != nullptr ? &names->grams : nullptr);
    write_token_features(content, features, names != nullptr ? &names->tokens : nullptr);
  }
  write_base_features(content, features, names != nullptr ? &names->base : nullptr);
}

}  // namespace

void tokenize(const Content& content, FeatureSet& features, FeatureUse use) {
  tokenize_into(content, features, use, nullptr);
}

void tokenize(const Content& content, FeatureSet& features, FeatureNames& names) {
  tokenize_into(content, features, FeatureUse::all, &names);
}

}  // namespace postern
