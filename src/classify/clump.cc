#include "classify/clump.h"

#include <algorithm>
#include <map>

#include "classify/classifier.h"
#include "classify/trainer.h"

namespace postern {
namespace {

class ClumpRun {
 public:
  ClumpRun(const ClumpOptions& options, const Clump& clump, std::span<const MailClass> truth,
           const FeatureSource& source)
      : options_(options), members_(clump.members), truth_(truth), source_(source) {}

  Result<ClumpReport> run() {
    ClumpReport report;
    report.truth = truth_[members_.front()];
    auto taught = fold_others();
    if (!taught) return taught.error();
    auto state = judge();
    if (!state) return state.error();
    report.before = *state;

    const Trainer others = *trainer_;
    for (std::size_t i = 0; i < options_.wrong; ++i) {
      auto learnt = learn(i, opposite(report.truth));
      if (!learnt) return learnt.error();
    }
    state = judge();
    if (!state) return state.error();
    report.after_wrong = *state;
    auto done = outvote(report);
    if (!done) return done.error();
    done = correct(others, report);
    if (!done) return done.error();
    return report;
  }

 private:
  std::size_t corrections() const { return std::min(2 * options_.wrong, members_.size() / 2); }
  // What is taught comes first, what is judged after it.
  std::size_t first_judged() const { return options_.wrong + corrections(); }

  Result<void> fold_others() {
    std::vector<bool> in_clump(truth_.size());
    for (const std::size_t member : members_) in_clump[member] = true;
    trainer_.emplace(options_.model.personal
                         ? Trainer(*options_.model.personal, options_.model.background)
                         : Trainer(truth_.size(), options_.model.background));
    for (std::size_t i = 0; i < truth_.size(); ++i) {
      if (in_clump[i]) continue;
      const auto features = source_(i);
      if (!features) return features.error();
      trainer_->learn(*features, truth_[i]);
      if (options_.model.progress) options_.model.progress(i + 1, truth_.size());
    }
    return {};
  }

  Result<void> learn(std::size_t member, MailClass taught) {
    const auto features = source_(members_[member]);
    if (!features) return features.error();
    trainer_->learn(*features, taught);
    return {};
  }

  Result<void> outvote(ClumpReport& report) {
    for (std::size_t i = 0; i < corrections(); ++i) {
      auto learnt = learn(options_.wrong + i, report.truth);
      if (!learnt) return learnt.error();
      const auto state = judge();
      if (!state) return state.error();
      report.outvoted.push_back(*state);
    }
    return {};
  }

  // As the log does it: the wrong lesson is gone, the right one comes last.
  Result<void> correct(const Trainer& others, ClumpReport& report) {
    for (std::size_t right = 1; right <= options_.wrong; ++right) {
      trainer_.emplace(others);
      for (std::size_t i = 0; i < options_.wrong; ++i) {
        const std::size_t member = (right + i) % options_.wrong;  // those still wrong come first
        auto learnt = learn(member, member >= right ? opposite(report.truth) : report.truth);
        if (!learnt) return learnt.error();
      }
      const auto state = judge();
      if (!state) return state.error();
      report.corrected.push_back(*state);
    }
    return {};
  }

  Result<ClumpState> judge() {
    ClumpState state;
    const bool spam = truth_[members_.front()] == MailClass::spam;
    for (std::size_t i = first_judged(); i < members_.size(); ++i) {
      const auto features = source_(members_[i]);
      if (!features) return features.error();
      const double odds = assess(trainer_->layer(), options_.model.background, *features).log_odds;
      const bool called_spam = odds >= options_.spam_from;
      const bool called_ham = odds < options_.unsure_from;
      state.mean_log_odds += odds;
      state.wrong += spam ? called_ham : called_spam;
      state.unsure += !called_spam && !called_ham;
      ++state.of;
    }
    if (state.of != 0) state.mean_log_odds /= static_cast<double>(state.of);
    return state;
  }

  const ClumpOptions& options_;
  const std::vector<std::size_t>& members_;
  std::span<const MailClass> truth_;
  const FeatureSource& source_;
  std::optional<Trainer> trainer_;
};

}  // namespace

std::vector<Clump> find_clumps(std::span<const std::vector<std::string>> keys,
                               std::span<const MailClass> truth, std::size_t least) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (const std::string& key : keys[i]) groups[key].push_back(i);
  }
  std::vector<Clump> largest;
  for (const MailClass wanted : {MailClass::ham, MailClass::spam}) {
    Clump best;
    for (auto& [key, members] : groups) {
      const bool pure = std::all_of(members.begin(), members.end(),
                                    [&](std::size_t i) { return truth[i] == wanted; });
      if (pure && members.size() > best.members.size()) best = {key, members};
    }
    if (best.members.size() >= least) largest.push_back(std::move(best));
  }
  return largest;
}

std::optional<std::size_t> steps_to_turn(const std::vector<ClumpState>& states) {
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i].wrong == 0) return i + 1;
  }
  return std::nullopt;
}

Result<ClumpReport> run_clump(const ClumpOptions& options, const Clump& clump,
                              std::span<const MailClass> truth, const FeatureSource& source) {
  return ClumpRun(options, clump, truth, source).run();
}

}  // namespace postern
