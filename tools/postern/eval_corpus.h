// EvalCorpus: the judged messages that `postern eval` runs over.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/mail_class.h"
#include "base/result.h"
#include "classify/corpus_index.h"
#include "classify/feature_set.h"
#include "filter/verdict.h"
#include "mail/content.h"
#include "rules/rule_set.h"

namespace postern {

class EvalCorpus {
 public:
  // The messages of all indexes, one after another.
  static Result<EvalCorpus> open(const std::vector<std::string>& indexes);

  // Take the class-marking fields off each message before anything reads it.
  void strip(bool wanted) { strip_ = wanted; }

  // The order of the indexes for 0, else a shuffle that depends on `seed` and the number alone.
  void set_order(std::size_t number, std::uint64_t seed);

  // Of message `i` in the order that is set; the view is good until the next call.
  Result<FeatureView> features(std::size_t i);
  Result<Content> content(std::size_t i) const;

  // Computes what the rules say of each message, once for all orders.
  Result<void> judge_by(const RuleSet& rules);
  // Of message `i` in the order that is set; 0 when no rules judged.
  MilliPoints rule_points(std::size_t i) const { return entries_[order_[i]].rule_points; }

  std::size_t size() const { return order_.size(); }
  const std::vector<MailClass>& truth() const { return truth_; }  // in the order that is set
  const std::string& path(std::size_t i) const { return entries_[order_[i]].message.path; }
  const std::string& kind(std::size_t i) const {
    return entries_[order_[i]].message.kind;
  }  // or empty
  bool has_kinds() const { return has_kinds_; }

 private:
  struct Entry {
    IndexEntry message;
    MilliPoints rule_points = 0;
  };

  std::vector<Entry> entries_;
  std::vector<std::size_t> order_;
  std::vector<MailClass> truth_;
  FeatureSet features_;
  bool strip_ = false;
  bool has_kinds_ = false;
};

}  // namespace postern
