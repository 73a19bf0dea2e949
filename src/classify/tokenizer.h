// The tokenizer: Content -> FeatureSet.
//
// What it reads is bounded, whatever the message: see TokenizerLimits. A message of more than
// condensed_limit octets is judged by its condensed form (classify/condense.h), so that a lesson
// kept in the log teaches exactly what the message itself would.
//
// Header hygiene: fields that mark a path and not a class give no feature (header_hygiene.h).
// Text that a reader cannot see gives features of its own, so that padding with innocent words is
// evidence instead of camouflage. Invisible characters and wide forms are folded away first
// (text_fold.h).
//
// Thread rule: free functions; a FeatureSet belongs to one thread.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "classify/feature_set.h"
#include "mail/content.h"

namespace postern {

// Part of every model file: features of different versions do not mix.
inline constexpr std::uint32_t tokenizer_version = 6;

// In octets of folded text, where nothing else is said.
struct TokenizerLimits {
  static constexpr std::size_t gram_header = 1500;
  static constexpr std::size_t gram_body = 2000;
  static constexpr std::size_t gram_hidden = 500;
  static constexpr std::size_t token_fields = 200;  // header fields
  static constexpr std::size_t token_field = 1000;  // of one field's value
  static constexpr std::size_t token_header = 12'000;
  static constexpr std::size_t token_body = 10'000;
  static constexpr std::size_t token_hidden = 2000;
  static constexpr std::size_t token_parts = 50;  // MIME parts whose header gives tokens
  static constexpr std::size_t base_body = 2000;
  static constexpr std::size_t base_links = 200;
};

// Fills `features` with those of the message.
void tokenize(const Content& content, FeatureSet& features, FeatureUse use = FeatureUse::all);

// What each feature stands for, in words, for explanations. Slow; not for every message.
struct FeatureNames {
  std::unordered_map<Feature, std::string> grams, tokens, base;
};
void tokenize(const Content& content, FeatureSet& features, FeatureNames& names);

}  // namespace postern
