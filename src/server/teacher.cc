#include "server/teacher.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/file.h"
#include "server/fold_order.h"

namespace postern {
namespace {

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

Teacher::Teacher(StateStore& store, std::string model_path, Background background, Clock clock)
    : store_(store),
      model_path_(std::move(model_path)),
      background_(std::move(background)),
      clock_(std::move(clock)) {}

Result<TeachReport> Teacher::teach(std::span<const Request> requests) {
  std::vector<StateStore::NewLesson> wanted = newest_of_each(requests, clock_());
  const std::uint64_t repeated = requests.size() - wanted.size();
  Result<TeachReport> report = record(std::move(wanted), false);
  if (report) report->known += repeated;
  return report;
}

Result<TeachReport> Teacher::adopt(std::span<const PortableLesson> lessons) {
  std::vector<StateStore::NewLesson> wanted;
  for (const PortableLesson& lesson : lessons) {
    wanted.push_back(
        {{0, lesson.digest, lesson.taught, lesson.source, lesson.time}, lesson.content});
  }
  return record(std::move(wanted), true);
}

Result<TeachReport> Teacher::record(std::vector<StateStore::NewLesson> wanted, bool only_newer) {
  const Result<FileLock> lock = lock_models();
  if (!lock) return lock.error();
  TeachReport report;
  std::vector<StateStore::NewLesson> fresh;
  std::vector<std::uint64_t> outdated;
  for (StateStore::NewLesson& lesson : wanted) {
    const Result<std::optional<Lesson>> earlier = store_.find_lesson(lesson.lesson.digest);
    if (!earlier) return earlier.error();
    const bool stays = *earlier && ((*earlier)->taught == lesson.lesson.taught ||
                                    (only_newer && (*earlier)->time >= lesson.lesson.time));
    if (stays) {
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

Result<void> Teacher::revoke(std::span<const std::uint64_t> numbers) {
  const Result<FileLock> lock = lock_models();
  if (!lock) return lock.error();
  for (const std::uint64_t number : numbers) {
    // Numbers begin at 1.
    const auto read = store_.read_lessons(std::max<std::uint64_t>(number, 1) - 1, 1);
    if (!read) return read.error();
    if (read->empty() || read->front().lesson.number != number) {
      return Error(Errc::no_input, "there is no lesson " + std::to_string(number) +
                                       "; postern lessons list shows those that there are");
    }
  }
  return store_.revoke_lessons(numbers);
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
  const FoldPosition wanted{log->last_number, log->revocations};
  std::optional<Learner> learner = Learner::open(model_path_, background_, log->revocations);
  if (learner && learner->position() == wanted) return {};
  Result<std::vector<Lesson>> lessons = store_.list_lessons();
  if (!lessons) return lessons.error();

  const std::vector<Lesson> order = fold_order(std::move(*lessons));
  if (learner && goes_on_from(learner->lessons(), order.size())) {
    const auto missing = std::span<const Lesson>(order).subspan(learner->lessons());
    const Result<void> folded = fold(*learner, missing, progress);
    if (!folded) return folded.error();
  } else {
    learner.reset();
  }
  if (!learner || learner->outgrown()) {
    Result<Learner> anew = folded_anew(order, *log, progress);
    if (!anew) return anew.error();
    learner = std::move(*anew);
  }
  learner->reached(wanted);
  return learner->save(model_path_);
}

Result<Learner> Teacher::folded_anew(std::span<const Lesson> order, const LessonLogPosition& log,
                                     const Progress& progress) {
  Learner learner = Learner::empty(background_, order.size(), log.revocations);
  const Result<void> folded = fold(learner, order, progress);
  if (!folded) return folded.error();
  return learner;
}

Result<void> Teacher::rebuild(const Progress& progress) {
  const Result<FileLock> lock = lock_models();
  if (!lock) return lock.error();
  const Result<LessonLogPosition> log = store_.lesson_log_position();
  if (!log) return log.error();
  Result<std::vector<Lesson>> lessons = store_.list_lessons();
  if (!lessons) return lessons.error();
  Result<Learner> learner = folded_anew(fold_order(std::move(*lessons)), *log, progress);
  if (!learner) return learner.error();
  learner->reached({log->last_number, log->revocations});
  return learner->save(model_path_);
}

Result<void> Teacher::fold_until(UnixSeconds end, const std::string& path,
                                 const Progress& progress) {
  const Result<LessonLogPosition> log = store_.lesson_log_position();
  if (!log) return log.error();
  Result<std::vector<Lesson>> lessons = store_.list_lessons();
  if (!lessons) return lessons.error();
  std::erase_if(*lessons, [&](const Lesson& lesson) { return lesson.time >= end; });
  const std::uint64_t newest = lessons->empty() ? 0 : lessons->back().number;
  Result<Learner> learner = folded_anew(fold_order(std::move(*lessons)), *log, progress);
  if (!learner) return learner.error();
  learner->reached({newest, log->revocations});
  return learner->save(path);
}

Result<void> Teacher::fold(Learner& learner, std::span<const Lesson> lessons,
                           const Progress& progress) {
  std::uint64_t done = 0;
  for (const Lesson& lesson : lessons) {
    const auto read = store_.read_lessons(lesson.number - 1, 1);
    if (!read) return read.error();
    if (read->empty() || read->front().lesson.number != lesson.number) {
      return Error(Errc::busy, "lesson " + std::to_string(lesson.number) +
                                   " was taken back meanwhile; try again");
    }
    learner.learn(read->front().content, lesson.taught);
    if (progress) progress(++done, lessons.size());
  }
  return {};
}

}  // namespace postern
