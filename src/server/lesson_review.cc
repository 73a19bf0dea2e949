#include "server/lesson_review.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "filter/contradictions.h"
#include "server/fold_order.h"

namespace postern {
namespace {

// After everything was learnt the model must give the taught class less than this (nats: -2 is
// 12 %) for a lesson to look wrong; a lesson that it doubted at the time needs 0, less than half.
constexpr double unbelievable = -2;

Result<StateStore::NewLesson> read_lesson(StateStore& store, const Lesson& lesson) {
  auto read = store.read_lessons(lesson.number - 1, 1);
  if (!read) return read.error();
  if (read->empty() || read->front().lesson.number != lesson.number) {
    return Error(Errc::busy, "lesson " + std::to_string(lesson.number) +
                                 " was taken back meanwhile; try again");
  }
  return std::move(read->front());
}

// Log odds of the taught class.
double towards(MailClass taught, double log_odds) {
  return taught == MailClass::spam ? log_odds : -log_odds;
}

}  // namespace

Result<LessonPairs> find_contradictions(StateStore& store) {
  const Result<std::vector<Lesson>> lessons = store.list_lessons();
  if (!lessons) return lessons.error();
  ContradictionFinder finder;
  for (const Lesson& lesson : *lessons) {
    const auto read = read_lesson(store, lesson);
    if (!read) return read.error();
    finder.add(lesson.number, lesson.taught, read->content);
  }
  return finder.pairs();
}

Result<LessonReview> review_lessons(StateStore& store, Background background,
                                    const Teacher::Progress& progress) {
  Result<std::vector<Lesson>> log = store.list_lessons();
  if (!log) return log.error();
  LessonReview review;
  review.lessons = log->size();
  const std::uint64_t steps = 2 * log->size();
  std::uint64_t done = 0;
  std::unordered_map<std::uint64_t, Learner::Effect> effects;
  Learner learner = Learner::empty(std::move(background), log->size(), 0);
  for (const Lesson& lesson : fold_order(*log)) {
    const auto read = read_lesson(store, lesson);
    if (!read) return read.error();
    effects[lesson.number] = learner.learn(read->content, lesson.taught);
    if (progress) progress(++done, steps);
  }
  review.doubt = learner.doubt();

  ContradictionFinder finder;
  for (const Lesson& lesson : *log) {
    const auto read = read_lesson(store, lesson);
    if (!read) return read.error();
    const double now = learner.log_odds(read->content);
    finder.add(lesson.number, lesson.taught, learner.last_features());
    const Learner::Effect& effect = effects[lesson.number];
    const double limit = effect.doubtful ? 0 : unbelievable;
    if (towards(lesson.taught, now) < limit) {
      review.suspects.push_back({lesson, effect.log_odds, now});
    }
    if (progress) progress(++done, steps);
  }
  std::stable_sort(
      review.suspects.begin(), review.suspects.end(),
      [](const auto& a, const auto& b) { return std::fabs(a.now) > std::fabs(b.now); });
  review.contradictions = finder.pairs();
  return review;
}

}  // namespace postern
