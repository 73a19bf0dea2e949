// Thresholds out of a user's own lessons: from which log odds on is as little of their ham lost as
// they want?
//
// Each lesson was judged before it was learnt; LessonScores counts, by class, how. That is an
// honest test on the user's own mail, in 256 octets. Thread rule: values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/mail_class.h"
#include "classify/evaluation.h"

namespace postern {

struct LessonScores {
  // Half a nat each, from -8 to 8; what lies beyond is in the outermost.
  static constexpr std::size_t bins = 32;
  static constexpr double lowest = -8, width = 0.5;

  std::array<std::array<std::uint32_t, bins>, 2> counts{};  // by MailClass

  void note(MailClass taught, double log_odds);
  std::uint64_t total(MailClass taught) const;
};

struct OwnThreshold {
  double log_odds = 0;  // spam from here; never below 0
  // What it would have done with the lessons.
  Share ham_lost, spam_missed;
};

// The lowest threshold that would have lost at most that share of the ham lessons. Nothing while
// there are too few to tell: at least two lost messages must be affordable.
std::optional<OwnThreshold> own_threshold(const LessonScores& scores, double ham_loss);

}  // namespace postern
