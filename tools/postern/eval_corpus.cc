#include "eval_corpus.h"

#include <numeric>

#include "base/hash.h"
#include "classify/strip_marks.h"
#include "classify/tokenizer.h"
#include "filter/labeler.h"

namespace postern {
Result<EvalCorpus> EvalCorpus::open(const std::vector<std::string>& indexes) {
  EvalCorpus corpus;
  for (const std::string& index : indexes) {
    auto entries = read_corpus_index(index);
    if (!entries) return entries.error();
    for (IndexEntry& entry : *entries) {
      corpus.has_kinds_ = corpus.has_kinds_ || !entry.kind.empty();
      corpus.entries_.push_back({std::move(entry), 0});
    }
  }
  if (corpus.entries_.empty()) return Error(Errc::no_input, "the index names no message");
  corpus.set_order(0, 0);
  return corpus;
}

void EvalCorpus::set_order(std::size_t number, std::uint64_t seed) {
  order_.resize(entries_.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  // Fisher and Yates with numbers of our own, so that an order is the same on every machine.
  for (std::size_t left = order_.size(); number != 0 && left > 1; --left) {
    const std::uint64_t dice = mix64(mix64(mix64(seed + 1) + number) + left);
    std::swap(order_[left - 1], order_[dice % left]);
  }
  truth_.clear();
  for (const std::size_t at : order_) truth_.push_back(entries_[at].message.truth);
}

Result<Content> EvalCorpus::content(std::size_t i) const {
  const Result<Blob> message = Blob::open(path(i));
  if (!message) return message.error();
  const Blob original = Labeler::strip(*message);
  return Content::decode(strip_ ? strip_marks(original) : original);
}

Result<void> EvalCorpus::judge_by(const RuleSet& rules) {
  set_order(0, 0);
  std::vector<std::uint32_t> hits;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Result<Content> decoded = content(i);
    if (!decoded) return decoded.error();
    rules.evaluate(*decoded, hits);
    for (const std::uint32_t rule : hits) entries_[i].rule_points += rules.info(rule).points;
  }
  return {};
}

Result<FeatureView> EvalCorpus::features(std::size_t i) {
  const Result<Content> decoded = content(i);
  if (!decoded) return decoded.error();
  tokenize(*decoded, features_);
  return features_.view();
}

}  // namespace postern
