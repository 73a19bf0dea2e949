// Teacher: lessons in, a personal model out.
//
// A lesson is first written to the log (durable), then folded into the model file. A crash in
// between loses nothing: catch_up() folds what the file does not know yet. The log decides;
// the file can always be rebuilt.
//
// Thread rule: one thread at a time; several processes may teach at once (a lock file in the
// model folder makes them wait for each other).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/blob.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mail_class.h"
#include "base/result.h"
#include "filter/learner.h"
#include "filter/lesson_file.h"
#include "state/state_store.h"

namespace postern {

struct TeachReport {
  std::uint64_t learned = 0;
  std::uint64_t known = 0;    // taught before, alike: nothing to do
  std::uint64_t changed = 0;  // taught before as the opposite: the newer lesson counts
};

class Teacher {
 public:
  struct Request {
    Blob message;
    MailClass taught = MailClass::ham;
    std::string source;
  };
  // Lessons folded so far, and how many there are.
  using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;

  // `model_path` is the personal model's file; its folder is made when missing. The store must
  // outlive the Teacher. `background` may be empty.
  Teacher(StateStore& store, std::string model_path, Background background, Clock clock);

  // Writes the lessons to the log, all of one call in one step. The model follows by catch_up().
  Result<TeachReport> teach(std::span<const Request> requests);

  // The same for lessons out of a file; their times and sources stay as they were. A lesson that
  // contradicts one of the log replaces it only when it is newer; else it counts as known.
  Result<TeachReport> adopt(std::span<const PortableLesson> lessons);

  // Takes back the lesson of each message; gives how many there were.
  Result<std::uint64_t> forget(std::span<const Blob> messages);

  // Takes lessons back by number; no_input names one that is not active, and then none is.
  Result<void> revoke(std::span<const std::uint64_t> numbers);

  // Brings the model file up to date with the log; does nothing when it is.
  Result<void> catch_up(const Progress& progress = {});

  // Folds the whole log anew, whatever the file holds.
  Result<void> rebuild(const Progress& progress = {});

  // Folds the lessons taught before `end` into a file of its own. Lessons that have been taken back
  // since are gone from it, too.
  Result<void> fold_until(UnixSeconds end, const std::string& path, const Progress& progress = {});

 private:
  Result<TeachReport> record(std::vector<StateStore::NewLesson> wanted, bool only_newer);
  Result<Learner> folded_anew(std::span<const Lesson> order, const LessonLogPosition& log,
                              const Progress& progress);
  Result<FileLock> lock_models() const;
  Result<void> fold(Learner& learner, std::span<const Lesson> lessons, const Progress& progress);

  StateStore& store_;
  const std::string model_path_;
  const Background background_;
  const Clock clock_;
};

}  // namespace postern
