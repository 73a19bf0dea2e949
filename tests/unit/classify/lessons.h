// Written messages for the classifier's tests, and the shortest way to their features.
#pragma once

#include <string>

#include "classify/feature_set.h"
#include "classify/tokenizer.h"
#include "mail/content.h"

namespace postern {

inline FeatureSet features_of(const std::string& message) {
  FeatureSet features;
  tokenize(Content::decode(Blob::copy(message)), features);
  return features;
}

// The i-th of any number of different messages of a kind.
inline std::string ham_message(int i) {
  const std::string n = std::to_string(i);
  return "From: Ann <ann" + n + "@example.org>\nTo: bob@example.net\nSubject: minutes " + n +
         "\nMessage-ID: <m" + n + "@example.org>\n\nThe committee met on day " + n +
         ". Agenda item " + std::to_string(i * 7) + " was postponed, see the attached notes.\n";
}
inline std::string spam_message(int i) {
  const std::string n = std::to_string(i);
  return "From: winner" + n + "@bulk.example\nTo: undisclosed\nSubject: You WON prize " + n +
         "!!!\n\nClaim your cash reward " + std::to_string(i * 13) +
         " today at http://bulk.example/claim?" + n + " before it expires.\n";
}

}  // namespace postern
