// The order in which the log of lessons is folded into a model.
//
// A model that is taught all spam first and all ham afterwards calibrates itself on one class and
// then on the other, and believes neither (measured: 3,023 lessons in that order missed every
// spam at the default threshold, the same lessons mixed missed 3 %). People teach just so: one
// folder, then the other. Therefore lessons are folded with the classes mixed evenly, each in its
// own order; only the newest few follow in the order in which they came.
//
// The order is a function of the active lessons alone, so a model never depends on when or how
// often it was folded.
#pragma once

#include <cstddef>
#include <vector>

#include "state/state_store.h"

namespace postern {

// How many of `lessons`, the oldest, are folded mixed: all while they are few, later the last
// step of 32, 48, 72, ... at or below. A step is reached by folding anew, so lessons cost on
// average three folds each.
std::size_t mixed_lessons(std::size_t lessons);

// `log`: all active lessons in order of number.
std::vector<Lesson> fold_order(std::vector<Lesson> log);

// True when the fold of `all` lessons begins with that of the first `learnt` of them.
bool goes_on_from(std::size_t learnt, std::size_t all);

}  // namespace postern
