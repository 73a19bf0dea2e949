#include "classify/own_threshold.h"

#include <algorithm>
#include <numeric>

namespace postern {
namespace {

constexpr double least_affordable = 2;  // lost ham messages
constexpr auto even_odds = static_cast<std::size_t>(-LessonScores::lowest / LessonScores::width);

std::uint64_t sum(const std::array<std::uint32_t, LessonScores::bins>& counts, std::size_t from,
                  std::size_t to) {
  return std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(from),
                         counts.begin() + static_cast<std::ptrdiff_t>(to), std::uint64_t{0});
}

}  // namespace

void LessonScores::note(MailClass taught, double log_odds) {
  const double place = (log_odds - lowest) / width;
  const double inside = place > 0 ? std::min(place, static_cast<double>(bins - 1)) : 0;
  ++counts[static_cast<std::size_t>(taught)][static_cast<std::size_t>(inside)];
}

std::uint64_t LessonScores::total(MailClass taught) const {
  return sum(counts[static_cast<std::size_t>(taught)], 0, bins);
}

std::optional<OwnThreshold> own_threshold(const LessonScores& scores, double ham_loss) {
  const std::uint64_t ham = scores.total(MailClass::ham);
  const std::uint64_t spam = scores.total(MailClass::spam);
  const double affordable = ham_loss * static_cast<double>(ham);
  if (!(affordable >= least_affordable)) return std::nullopt;
  for (std::size_t bin = even_odds; bin < LessonScores::bins; ++bin) {
    const std::uint64_t lost = sum(scores.counts[0], bin, LessonScores::bins);
    if (static_cast<double>(lost) > affordable) continue;
    return OwnThreshold{LessonScores::lowest + LessonScores::width * static_cast<double>(bin),
                        share_of(lost, ham), share_of(sum(scores.counts[1], 0, bin), spam)};
  }
  return std::nullopt;
}

}  // namespace postern
