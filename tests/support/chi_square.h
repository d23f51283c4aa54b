// Whether counts agree with a distribution. With a fixed seed the answer never changes, so no test of this kind can
// flake; the bound says how improbable a right generator would have to be to fail it.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace caseward::test {

struct ChiSquare {
  double statistic = 0;
  // Exceeded once in ten thousand by counts that do follow the distribution (Wilson and Hilferty's approximation).
  double bound = 0;
};

// `weights` in any unit. A class of weight 0 must be empty.
inline ChiSquare ChiSquareOf(const std::vector<uint64_t>& counts, const std::vector<double>& weights) {
  constexpr double kOneInTenThousand = 3.719;  // of a normal distribution
  double total = 0;
  double weight = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    total += static_cast<double>(counts[i]);
    weight += weights[i];
  }
  ChiSquare result;
  double classes = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = total * weights[i] / weight;
    const double off = static_cast<double>(counts[i]) - expected;
    if (expected == 0) {
      result.statistic += off == 0 ? 0 : HUGE_VAL;
      continue;
    }
    result.statistic += off * off / expected;
    ++classes;
  }
  const double freedom = classes - 1;
  const double spread = 2 / (9 * freedom);
  result.bound = freedom * std::pow(1 - spread + kOneInTenThousand * std::sqrt(spread), 3);
  return result;
}

}  // namespace caseward::test
