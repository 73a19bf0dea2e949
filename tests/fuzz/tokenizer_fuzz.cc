// Any octets make features, within the bounds, the same each time, and the same when condensed.
#include <cstdint>
#include <cstdlib>

#include "classify/condense.h"
#include "classify/tokenizer.h"

namespace {

using namespace postern;

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Blob message = Blob::copy({reinterpret_cast<const char*>(data), size});
  static FeatureSet features, condensed_features;
  tokenize(Content::decode(message), features);
  for (const FeatureBag& grams : features.grams) {
    require(grams.values().size() <= TokenizerLimits::gram_body + TokenizerLimits::gram_hidden);
  }
  for (const FeatureBag& tokens : features.tokens) {
    require(tokens.values().size() < FeatureBag::capacity);
  }

  // The condenser on its own, as if the limit were passed: repeat the message until it is.
  std::string large(message.view());
  while (!large.empty() && large.size() <= condensed_limit) large += large;
  const Blob condensed = condense(Blob::own(std::move(large)));
  require(condensed.size() <= condensed_limit);
  tokenize(Content::decode(condensed), features);
  tokenize(Content::decode(condense(condensed)), condensed_features);
  require(features == condensed_features);
  return 0;
}
