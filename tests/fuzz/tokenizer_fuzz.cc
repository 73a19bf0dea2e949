// Any octets make features, within the bounds, the same each time, and the same when condensed.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "classify/condense.h"
#include "classify/tokenizer.h"

namespace {

using namespace postern;

void require(bool condition) {
  if (!condition) std::abort();
}

bool same(const FeatureSet& a, const FeatureSet& b) {
  return std::ranges::equal(a.grams.values(), b.grams.values()) &&
         std::ranges::equal(a.tokens.values(), b.tokens.values()) &&
         std::ranges::equal(a.base.values(), b.base.values()) &&
         std::ranges::equal(a.base_wide.values(), b.base_wide.values());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Blob message = Blob::copy({reinterpret_cast<const char*>(data), size});
  static FeatureSet features, condensed_features;
  tokenize(Content::decode(message), features);
  require(features.grams.values().size() <=
          TokenizerLimits::gram_total + TokenizerLimits::gram_hidden);
  require(features.tokens.values().size() < FeatureBag::capacity);

  // The condenser on its own, as if the limit were passed: repeat the message until it is.
  std::string large(message.view());
  while (!large.empty() && large.size() <= condensed_limit) large += large;
  const Blob condensed = condense(Blob::own(std::move(large)));
  require(condensed.size() <= condensed_limit);
  tokenize(Content::decode(condensed), features);
  tokenize(Content::decode(condense(condensed)), condensed_features);
  require(same(features, condensed_features));
  return 0;
}
