#include "filter/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace postern {
namespace {

constexpr std::array<Label, 4> labels{Label::ham, Label::unsure, Label::spam, Label::error};

}  // namespace

std::string_view to_string(Label label) {
  switch (label) {
    case Label::ham: return "ham";
    case Label::unsure: return "unsure";
    case Label::spam: return "spam";
    case Label::error: return "error";
  }
  return "error";
}

std::optional<Label> parse_label(std::string_view text) {
  const auto* const found = std::find_if(labels.begin(), labels.end(),
                                         [&](Label label) { return to_string(label) == text; });
  if (found == labels.end()) return std::nullopt;
  return *found;
}

double probability_of(MilliPoints score) {
  return 1.0 / (1.0 + std::exp(-nats_per_point * score / 1000.0));
}

MilliPoints points_of_nats(double nats) {
  const double thousandths = nats / nats_per_point * 1000.0;
  const double limit = points_limit;
  return static_cast<MilliPoints>(std::lround(std::clamp(thousandths, -limit, limit)));
}

std::string format_points(MilliPoints points) {
  const long tenths = std::lround(points / 100.0);
  return fmt::format("{}{}.{}", tenths < 0 ? "-" : "", std::labs(tenths) / 10,
                     std::labs(tenths) % 10);
}

}  // namespace postern
