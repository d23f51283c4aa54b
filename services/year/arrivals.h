// When each case of the year is reported, in order, without keeping or sorting them.
//
// The number of cases is given. Hours have weights (distributions.h); half of the hours takes its share of the cases,
// each case falling to it with the half's weight, and so on down to the single hour: exactly the distribution of a
// Poisson process with that rate and that many arrivals, in whole numbers, with memory for one hour and the path to it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "services/year/office_calendar.h"
#include "services/year/options.h"

namespace caseward::year {

// Of the hour that begins at `t`, in no unit.
uint64_t WeightOf(absl::Time t, const OfficeCalendar& calendar);

class Arrivals {
 public:
  Arrivals(const YearOptions& options, const OfficeCalendar& calendar);

  std::optional<absl::Time> Next();

 private:
  struct Span {
    size_t from, to;  // hours
    uint64_t cases;
  };
  uint64_t Weight(size_t from, size_t to) const { return sums_[to] - sums_[from]; }
  void Halve(const Span& span);
  void Fill(const Span& hour);

  const uint64_t seed_;
  const absl::Time begin_;
  std::vector<uint64_t> sums_;    // of the weights before each hour
  std::vector<Span> spans_;       // what is to come, the earliest last
  std::vector<absl::Time> hour_;  // of the hour that has come, the earliest last
};

}  // namespace caseward::year
