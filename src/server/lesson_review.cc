#include "server/lesson_review.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "classify/similarity.h"
#include "classify/tokenizer.h"
#include "mail/content.h"
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

// Gathers sketches in order of number.
class Sketches {
 public:
  void add(const Lesson& lesson, const FeatureView& features) {
    const auto sketch = sketch_of(features);
    if (!sketch) return;
    sketches_.push_back({*sketch, lesson.taught});
    lessons_.push_back(lesson);
  }
  std::vector<std::pair<Lesson, Lesson>> contradictions() const {
    std::vector<std::pair<Lesson, Lesson>> found;
    for (const auto& [earlier, later] : postern::contradictions(sketches_)) {
      found.emplace_back(lessons_[earlier], lessons_[later]);
    }
    return found;
  }

 private:
  std::vector<SketchedLesson> sketches_;
  std::vector<Lesson> lessons_;
};

// Log odds of the taught class.
double towards(MailClass taught, double log_odds) {
  return taught == MailClass::spam ? log_odds : -log_odds;
}

}  // namespace

Result<std::vector<std::pair<Lesson, Lesson>>> find_contradictions(StateStore& store) {
  const Result<std::vector<Lesson>> lessons = store.list_lessons();
  if (!lessons) return lessons.error();
  Sketches sketches;
  FeatureSet features;
  for (const Lesson& lesson : *lessons) {
    const auto read = read_lesson(store, lesson);
    if (!read) return read.error();
    tokenize(Content::decode(read->content), features);
    sketches.add(lesson, features);
  }
  return sketches.contradictions();
}

Result<LessonReview> review_lessons(StateStore& store, std::shared_ptr<const BaseModel> base,
                                    const Teacher::Progress& progress) {
  Result<std::vector<Lesson>> log = store.list_lessons();
  if (!log) return log.error();
  LessonReview review;
  review.lessons = log->size();
  const std::uint64_t steps = 2 * log->size();
  std::uint64_t done = 0;
  std::unordered_map<std::uint64_t, Learner::Effect> effects;
  Learner learner = Learner::empty(std::move(base), log->size(), 0);
  for (const Lesson& lesson : fold_order(*log)) {
    const auto read = read_lesson(store, lesson);
    if (!read) return read.error();
    effects[lesson.number] = learner.learn(read->content, lesson.taught);
    if (progress) progress(++done, steps);
  }
  review.doubt = learner.doubt();

  Sketches sketches;
  for (const Lesson& lesson : *log) {
    const auto read = read_lesson(store, lesson);
    if (!read) return read.error();
    const double now = learner.log_odds(read->content);
    sketches.add(lesson, learner.last_features());
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
  review.contradictions = sketches.contradictions();
  return review;
}

}  // namespace postern
