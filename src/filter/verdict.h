// Verdict: what Postern thinks of a message, and why.
//
// One scale: a point is 0.6 nats of log odds, so probability = sigmoid(0.6 * score), and 5.0
// points (p = 0.95) is spam by default. Points are kept in thousandths as integers, so that the
// ledger adds up to the score exactly, whatever the order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

enum class Label : std::uint8_t { ham, unsure, spam, error };

std::string_view to_string(Label label);
std::optional<Label> parse_label(std::string_view text);

// Thousandths of a point.
using MilliPoints = std::int32_t;

constexpr double nats_per_point = 0.6;
// More than this many thousandths either way nobody needs from one source.
constexpr MilliPoints points_limit = 99'999;
double probability_of(MilliPoints score);
// Clamped to +-points_limit.
MilliPoints points_of_nats(double nats);
// "8.3", "-0.4": rounded to a tenth, never "-0.0".
std::string format_points(MilliPoints points);

// One line of the ledger.
struct LedgerEntry {
  std::string name;  // a rule's name, or CLASSIFIER
  MilliPoints points = 0;
  std::string description;  // for people; may be empty
};

struct Verdict {
  Label label = Label::error;
  MilliPoints score = 0;            // the sum of the ledger's points
  MilliPoints required = 5000;      // spam from here
  std::vector<LedgerEntry> ledger;  // strongest first; sums up to score exactly
  std::uint64_t basis = 0;          // what judged: hash of rules and model versions
  double probability() const { return probability_of(score); }
};

}  // namespace postern
