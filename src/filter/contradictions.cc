#include "filter/contradictions.h"

#include "classify/tokenizer.h"
#include "mail/content.h"

namespace postern {

void ContradictionFinder::add(std::uint64_t number, MailClass taught, const FeatureView& features) {
  const auto sketch = sketch_of(features);
  if (!sketch) return;
  sketches_.push_back({*sketch, taught});
  numbers_.push_back(number);
}

void ContradictionFinder::add(std::uint64_t number, MailClass taught, const Blob& content) {
  tokenize(Content::decode(content), features_);
  add(number, taught, features_.view());
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> ContradictionFinder::pairs() const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto& [earlier, later] : contradictions(sketches_)) {
    found.emplace_back(numbers_[earlier], numbers_[later]);
  }
  return found;
}

}  // namespace postern
