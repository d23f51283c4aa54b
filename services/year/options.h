// Which year is told.
#pragma once

#include <cstdint>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/year/office_calendar.h"

namespace caseward::year {

inline constexpr uint64_t kCasesMax = 10'000'000;
inline constexpr int kDaysMax = 3660;

struct YearOptions {
  uint64_t seed = 1;
  uint64_t cases = 300;
  absl::CivilDay start;
  int days = 365;

  absl::Time begin() const { return StartOf(start); }
  // The first instant that is not told of.
  absl::Time end() const { return StartOf(start + days); }
};

}  // namespace caseward::year
