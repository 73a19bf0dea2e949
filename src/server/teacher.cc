#include "server/teacher.h"

#include <optional>
#include <unordered_map>

#include "base/file.h"

namespace postern {
namespace {

constexpr std::size_t lessons_at_a_time = 200;

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The last request for each digest, in the order of the requests; earlier ones are outvoted.
std::vector<StateStore::NewLesson> newest_of_each(std::span<const Teacher::Request> requests,
                                                  UnixSeconds now) {
  std::vector<StateStore::NewLesson> lessons;
  std::unordered_map<std::string, std::size_t> places;
  for (const Teacher::Request& request : requests) {
    std::string digest = lesson_digest(request.message);
    const auto [place, first] = places.try_emplace(digest, lessons.size());
    if (!first) {
      lessons[place->second].lesson.taught = request.taught;
      continue;
    }
    Lesson lesson{0, std::move(digest), request.taught, request.source, now};
    lessons.push_back({std::move(lesson), lesson_content(request.message)});
  }
  return lessons;
}

}  // namespace

Teacher::Teacher(StateStore& store, std::string model_path, std::shared_ptr<const BaseModel> base,
                 Clock clock)
    : store_(store),
      model_path_(std::move(model_path)),
      base_(std::move(base)),
      clock_(std::move(clock)) {}

Result<TeachReport> Teacher::teach(std::span<const Request> requests) {
  const Result<FileLock> lock = lock_models();
  if (!lock) return lock.error();
  TeachReport report;
  std::vector<StateStore::NewLesson> fresh;
  std::vector<std::uint64_t> outdated;
  std::vector<StateStore::NewLesson> wanted = newest_of_each(requests, clock_());
  report.known = requests.size() - wanted.size();
  for (StateStore::NewLesson& lesson : wanted) {
    const Result<std::optional<Lesson>> earlier = store_.find_lesson(lesson.lesson.digest);
    if (!earlier) return earlier.error();
    if (*earlier && (*earlier)->taught == lesson.lesson.taught) {
      ++report.known;
      continue;
    }
    if (*earlier) {
      outdated.push_back((*earlier)->number);
      ++report.changed;
    } else {
      ++report.learned;
    }
    fresh.push_back(std::move(lesson));
  }
  if (fresh.empty()) return report;
  const Result<std::uint64_t> added = store_.add_lessons(fresh, outdated);
  if (!added) return added.error();
  return report;
}

Result<std::uint64_t> Teacher::forget(std::span<const Blob> messages) {
  const Result<FileLock> lock = lock_models();
  if (!lock) return lock.error();
  std::vector<std::uint64_t> numbers;
  for (const Blob& message : messages) {
    const Result<std::optional<Lesson>> lesson = store_.find_lesson(lesson_digest(message));
    if (!lesson) return lesson.error();
    if (*lesson) numbers.push_back((*lesson)->number);
  }
  const Result<void> revoked = store_.revoke_lessons(numbers);
  if (!revoked) return revoked.error();
  return numbers.size();
}

Result<FileLock> Teacher::lock_models() const {
  const std::string folder = folder_of(model_path_);
  const Result<void> made = make_directories(folder);
  if (!made) return made.error();
  return FileLock::take(folder + "/lock", true);
}

Result<void> Teacher::catch_up(const Progress& progress) {
  const Result<FileLock> lock = lock_models();
  if (!lock) return lock.error();
  const Result<LessonLogPosition> log = store_.lesson_log_position();
  if (!log) return log.error();
  const Result<StateStore::LessonCounts> counts = store_.count_lessons();
  if (!counts) return counts.error();

  const std::uint64_t total = counts->ham + counts->spam;
  const FoldPosition wanted{log->last_number, log->revocations};
  std::optional<Learner> learner = Learner::open(model_path_, base_, log->revocations);
  if (learner && learner->position() == wanted) return {};
  if (!learner) learner = Learner::empty(base_, total, log->revocations);
  Result<void> folded = fold(*learner, total, progress);
  if (folded && learner->outgrown()) {
    learner = Learner::empty(base_, total, log->revocations);
    folded = fold(*learner, total, progress);
  }
  if (!folded) return folded.error();
  learner->advance_to(wanted);
  return learner->save(model_path_);
}

Result<void> Teacher::fold(Learner& learner, std::uint64_t total, const Progress& progress) {
  std::uint64_t done = 0;
  while (true) {
    const auto lessons = store_.read_lessons(learner.position().last_number, lessons_at_a_time);
    if (!lessons) return lessons.error();
    if (lessons->empty()) return {};
    for (const StateStore::NewLesson& lesson : *lessons) {
      learner.learn(lesson.content, lesson.lesson.taught, lesson.lesson.number);
      if (progress) progress(++done, total);
    }
  }
}

}  // namespace postern
