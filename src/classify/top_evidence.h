// TopEvidence: the K strongest of a stream of numbers, in linear time and fixed memory.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace postern {

template <std::size_t K>
class TopEvidence {
 public:
  void add(float value) {
    if (std::fabs(value) <= floor_) return;
    values_[size_++] = value;
    if (size_ == values_.size()) shrink();
  }
  bool empty() const { return size_ == 0; }
  // The sum of the strongest, divided by the square root of their number; 0 when there is none.
  double score() {
    if (size_ > K) shrink();
    double sum = 0;
    for (std::size_t i = 0; i < size_; ++i) sum += values_[i];
    return size_ == 0 ? 0 : sum / std::sqrt(static_cast<double>(size_));
  }

 private:
  void shrink() {
    const auto stronger = [](float a, float b) { return std::fabs(a) > std::fabs(b); };
    std::nth_element(values_.begin(), values_.begin() + (K - 1),
                     values_.begin() + static_cast<std::ptrdiff_t>(size_), stronger);
    size_ = K;
    floor_ = std::fabs(values_[K - 1]);
  }

  std::array<float, 4 * K> values_;
  std::size_t size_ = 0;
  float floor_ = 0;
};

}  // namespace postern
