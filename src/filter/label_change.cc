#include "filter/label_change.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>

namespace postern {
namespace {

// More than this many reasons nobody wants to read.
constexpr std::size_t most_reasons = 5;

// The nearest score with that label.
MilliPoints nearest(Label wanted, MilliPoints score, MilliPoints spam_from,
                    MilliPoints unsure_from) {
  if (wanted == Label::spam) return std::max(score, spam_from);
  if (wanted == Label::ham) return std::min(score, unsure_from - 1);
  return std::clamp(score, unsure_from, std::max(unsure_from, spam_from - 1));
}

// Taking away the strongest reasons first needs the fewest; none when all are not enough.
std::vector<std::size_t> fewest(const std::vector<LedgerEntry>& ledger, MilliPoints needed,
                                std::string_view rest) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < ledger.size(); ++i) {
    const bool helps = needed < 0 ? ledger[i].points > 0 : ledger[i].points < 0;
    if (helps && ledger[i].description != rest) places.push_back(i);
  }
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return std::abs(ledger[a].points) > std::abs(ledger[b].points);
  });
  MilliPoints removed = 0;
  for (std::size_t count = 0; count < std::min(places.size(), most_reasons); ++count) {
    removed += std::abs(ledger[places[count]].points);
    if (removed < std::abs(needed)) continue;
    places.resize(count + 1);
    return places;
  }
  return {};
}

std::string name_of(const LedgerEntry& entry) {
  return entry.name == "CLASSIFIER" && !entry.description.empty() ? "'" + entry.description + "'"
                                                                  : entry.name;
}

std::string thousandths(MilliPoints points) {
  std::string text = std::to_string(std::abs(points) / 1000) + ".";
  const std::string fraction = std::to_string(std::abs(points) % 1000);
  return text + std::string(3 - fraction.size(), '0') + fraction;
}

}  // namespace

std::vector<LabelChange> label_changes(MilliPoints score, const std::vector<LedgerEntry>& ledger,
                                       const Policy& policy, bool rules_alone,
                                       std::string_view rest) {
  const MilliPoints unsure_from = rules_alone ? policy.unsure_from_rules_alone : policy.unsure_from;
  const Label now = policy.label_of(score, rules_alone);
  std::vector<LabelChange> changes;
  for (const Label wanted : {Label::ham, Label::unsure, Label::spam}) {
    if (wanted == now) continue;
    const MilliPoints needed = nearest(wanted, score, policy.spam_from, unsure_from) - score;
    changes.push_back({wanted, needed, fewest(ledger, needed, rest)});
  }
  std::stable_sort(changes.begin(), changes.end(), [](const LabelChange& a, const LabelChange& b) {
    return std::abs(a.points) < std::abs(b.points);
  });
  return changes;
}

std::vector<std::string> in_words(const std::vector<LabelChange>& changes,
                                  const std::vector<LedgerEntry>& ledger) {
  std::vector<std::string> lines;
  for (const LabelChange& change : changes) {
    const std::string to(to_string(change.to));
    std::string line = thousandths(change.points) + " points " +
                       (change.points > 0 ? "more" : "less") + " would make it " + to;
    for (std::size_t i = 0; i < change.without.size(); ++i) {
      const bool last = i + 1 == change.without.size();
      line += i == 0 ? ", as it would be without " : last ? " and " : ", ";
      line += name_of(ledger[change.without[i]]);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace postern
