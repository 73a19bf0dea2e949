// Logarithm, exponential and sigmoid that give the same bits on every machine.
//
// A model is a fold of lessons: the same lessons must give the same bytes, also after an update of
// the C library, whose log() and exp() may change in the last place. These use additions,
// multiplications and divisions only, in a fixed order. Relative error below 1e-9.
#pragma once

#include <bit>
#include <cstdint>

namespace postern {

// Natural logarithm of a positive, normal number.
inline double stable_log(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  auto exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), whose argument is at most 0.172.
  const double t = (mantissa - 1) / (mantissa + 1);
  const double s = t * t;
  const double series =
      1 + s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s * (1.0 / 11)))));
  return 2 * t * series + exponent * 0.6931471805599453;
}

// e to the power of x; x is clamped to +-700.
inline double stable_exp(double x) {
  if (!(x > -700)) x = -700;
  if (x > 700) x = 700;
  const double scaled = x * 1.4426950408889634;
  const auto power = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
  const double r = x - power * 0.6931471805599453;  // at most 0.347 in size
  double sum = 1;
  for (int i = 11; i > 0; --i) sum = 1 + sum * r / i;
  return sum * std::bit_cast<double>(static_cast<std::uint64_t>(power + 1023) << 52);
}

inline double sigmoid(double x) { return 1 / (1 + stable_exp(-x)); }

}  // namespace postern
