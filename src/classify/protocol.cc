#include "classify/protocol.h"

#include <array>
#include <utility>

#include "base/hash.h"
#include "classify/classifier.h"
#include "classify/trainer.h"

namespace postern {
namespace {

constexpr std::array<std::pair<std::string_view, Protocol>, 5> names{{
    {"online", Protocol::online},
    {"half", Protocol::half},
    {"cold", Protocol::cold},
    {"delayed", Protocol::delayed},
    {"onerror", Protocol::onerror},
}};

class Run {
 public:
  Run(const ProtocolOptions& options, std::span<const MailClass> truth, const FeatureSource& source)
      : options_(options),
        truth_(truth),
        source_(source),
        trainer_(options.personal ? Trainer(*options.personal, options.background)
                                  : Trainer(options.expected_lessons, options.background)) {}

  Result<std::vector<ProtocolResult>> run() {
    const std::size_t count = truth_.size();
    const bool half = options_.protocol == Protocol::half;
    for (std::size_t i = 0; i < count; ++i) {
      const bool only_taught = half && i < count / 2;
      auto done = only_taught ? teach(i) : judge_and_teach(i);
      if (!done) return done.error();
      if (options_.progress) options_.progress(i + 1, count);
    }
    return std::move(results_);
  }

 private:
  Result<void> judge_and_teach(std::size_t i) {
    const auto features = source_(i);
    if (!features) return features.error();
    const double score = assess(trainer_.layer(), options_.background, *features).log_odds;
    results_.push_back({i, {score, truth_[i]}});
    switch (options_.protocol) {
      case Protocol::online: return learn(i, *features);
      case Protocol::onerror: {
        const bool right = truth_[i] == MailClass::spam ? score >= options_.spam_from
                                                        : score < options_.unsure_from;
        if (!right) return learn(i, *features);
        return {};
      }
      case Protocol::delayed:
        if (i >= options_.delay) return teach(i - options_.delay);
        return {};
      case Protocol::half:
      case Protocol::cold: return {};
    }
    return {};
  }

  Result<void> teach(std::size_t i) {
    const auto features = source_(i);
    if (!features) return features.error();
    return learn(i, *features);
  }

  Result<void> learn(std::size_t i, const FeatureView& features) {
    trainer_.learn(features, taught(i));
    taught_.push_back(i);
    // Lessons that a given model has learnt are not at hand; its tables serve on as they are.
    return trainer_.outgrown() && !options_.personal ? fold_anew() : Result<void>();
  }

  // As a user's model is rebuilt from the log when it outgrows its tables.
  Result<void> fold_anew() {
    trainer_ = Trainer(taught_.size(), options_.background);
    for (const std::size_t i : taught_) {
      const auto features = source_(i);
      if (!features) return features.error();
      trainer_.learn(*features, taught(i));
    }
    return {};
  }

  MailClass taught(std::size_t i) const {
    const auto dice = static_cast<double>(mix64(mix64(options_.seed + 1) + i) >> 11) * 0x1p-53;
    return dice < options_.flip ? opposite(truth_[i]) : truth_[i];
  }

  const ProtocolOptions& options_;
  std::span<const MailClass> truth_;
  const FeatureSource& source_;
  Trainer trainer_;
  std::vector<std::size_t> taught_;
  std::vector<ProtocolResult> results_;
};

}  // namespace

std::optional<Protocol> parse_protocol(std::string_view name) {
  for (const auto& [known, protocol] : names) {
    if (known == name) return protocol;
  }
  return std::nullopt;
}

Result<std::vector<ProtocolResult>> run_protocol(const ProtocolOptions& options,
                                                 std::span<const MailClass> truth,
                                                 const FeatureSource& source) {
  return Run(options, truth, source).run();
}

}  // namespace postern
