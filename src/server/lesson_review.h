// LessonReview: which lessons of a log look wrong, for a person to look at.
//
// A slip of the hand is visible afterwards: the other lessons contradict it. The estimate and the
// robustness against wrong lessons are the Trainer's; this names the lessons.
//
// Thread rule: a free function over a store; blocking.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "server/teacher.h"
#include "state/state_store.h"

namespace postern {

using LessonPairs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

struct LessonReview {
  // A lesson that the model, having learnt it and all others, still does not believe.
  struct Suspect {
    Lesson lesson;
    double before = 0;  // log odds of spam just before it was taught
    double now = 0;     // and after all lessons
  };
  std::uint64_t lessons = 0;
  double doubt = 0;  // share of the recent lessons that contradicted the model strongly, 0..1
  std::vector<Suspect> suspects;  // strongest first
  // Numbers of lessons with near-identical messages taught as opposites, the earlier one first.
  LessonPairs contradictions;
};

// Folds the log twice over (once to learn, once to judge); about 0.5 ms a lesson.
Result<LessonReview> review_lessons(StateStore& store, Background background,
                                    const Teacher::Progress& progress = {});

// The contradictions alone; about 0.3 ms a lesson.
Result<LessonPairs> find_contradictions(StateStore& store);

}  // namespace postern
