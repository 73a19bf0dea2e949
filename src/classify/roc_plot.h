// The ROC curve as a picture: an SVG file, drawn by hand, that any browser shows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "classify/evaluation.h"

namespace postern {

struct RocSeries {
  std::string name;  // for the legend; escaped here
  std::vector<Scored> results;
};

// Ham lost against spam missed, both in percent on logarithmic axes, so that the corner in which a
// filter is used is not a dot: lower and further left is better. A rate of none is drawn at the
// edge. Up to six series have colours of their own. Deterministic.
std::string roc_svg(std::span<const RocSeries> series);

}  // namespace postern
