#include "server/fold_order.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern {
namespace {

constexpr std::size_t first_step = 32;

}  // namespace

std::size_t mixed_lessons(std::size_t lessons) {
  if (lessons < first_step) return lessons;
  std::size_t step = first_step;
  while (step + step / 2 <= lessons) step += step / 2;
  return step;
}

bool goes_on_from(std::size_t learnt, std::size_t all) {
  return learnt <= all && learnt >= mixed_lessons(all);
}

std::vector<Lesson> fold_order(std::vector<Lesson> log) {
  const auto mixed = log.begin() + static_cast<std::ptrdiff_t>(mixed_lessons(log.size()));
  std::array<std::vector<Lesson>, 2> classes;
  for (auto lesson = log.begin(); lesson != mixed; ++lesson) {
    classes[static_cast<std::size_t>(lesson->taught)].push_back(std::move(*lesson));
  }
  std::array<std::size_t, 2> taken{};
  // Next comes the class of which the smaller part was taken; compared without division.
  const auto ham_is_next = [&] {
    return (2 * taken[0] + 1) * classes[1].size() <= (2 * taken[1] + 1) * classes[0].size();
  };
  for (auto place = log.begin(); place != mixed; ++place) {
    const bool ham_left = taken[0] < classes[0].size();
    const bool spam_left = taken[1] < classes[1].size();
    const std::size_t next = ham_left && (!spam_left || ham_is_next()) ? 0 : 1;
    *place = std::move(classes[next][taken[next]++]);
  }
  return log;
}

}  // namespace postern
