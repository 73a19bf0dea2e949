// The clump experiment: wrong lessons that come together.
//
// One sender's or campaign's messages are taught wrongly, then the user corrects. Random wrong
// lessons are outvoted by the right ones around them; these are not, so they are measured apart.
//
// Thread rule: one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "classify/protocol.h"

namespace postern {

// Messages that belong together (same sender or same subject), by index; at least 4 * wrong.
struct Clump {
  std::string key;
  std::vector<std::size_t> members;  // in order
};

// The largest group of each class whose members are all of that class: `keys[i]` are the names
// under which message i may be grouped. Groups with fewer than `least` members do not count.
std::vector<Clump> find_clumps(std::span<const std::vector<std::string>> keys,
                               std::span<const MailClass> truth, std::size_t least);

struct ClumpOptions {
  std::size_t wrong = 5;  // lessons taught wrongly
  ProtocolOptions model;  // background, lessons to begin with
  // Log odds from which a message is called spam, and from which unsure.
  double spam_from = 3, unsure_from = -1;
};

// How the rest of the clump, which is never taught, is judged.
struct ClumpState {
  double mean_log_odds = 0;
  std::size_t wrong = 0;   // called the opposite class
  std::size_t unsure = 0;  // called neither
  std::size_t of = 0;
};

struct ClumpReport {
  MailClass truth = MailClass::ham;
  ClumpState before, after_wrong;
  // After 1, 2, ... further messages of the clump taught rightly, the wrong lessons staying.
  std::vector<ClumpState> outvoted;
  // After 1, 2, ... of the wrong lessons themselves corrected (each replaces the wrong one).
  std::vector<ClumpState> corrected;
};

// The number of steps after which none is called the opposite class; nothing when never.
std::optional<std::size_t> steps_to_turn(const std::vector<ClumpState>& states);

// All other messages are taught rightly first.
Result<ClumpReport> run_clump(const ClumpOptions& options, const Clump& clump,
                              std::span<const MailClass> truth, const FeatureSource& source);

}  // namespace postern
