// What a load has shown, as text for people (a line a figure) or as one JSON object.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "popload/load.h"
#include "popload/process_tree.h"

namespace popload {

// What the server spent: read before the load and at its end, idle sessions still open.
struct Account {
  Spent before;
  Spent after;
};

struct Outcome {
  Tally tally;
  std::chrono::duration<double> wall{};
  std::optional<Account> server;
};

// Sorts the times of the tally.
std::string text_report(Outcome& outcome);
std::string json_report(Outcome& outcome);

}  // namespace popload
