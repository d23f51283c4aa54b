#include "services/year/arrivals.h"

#include <algorithm>
#include <functional>

#include "services/year/dice.h"
#include "services/year/distributions.h"

namespace caseward::year {

uint64_t WeightOf(absl::Time t, const OfficeCalendar& calendar) {
  const absl::CivilSecond local = LocalTime(t);
  const absl::CivilDay day(local);
  const int* hours = calendar.IsWorkingDay(day) ? kWorkdayHours : kRestDayHours;
  const int of_day = calendar.IsHoliday(day) ? kBankHoliday : kWeekdays[static_cast<int>(absl::GetWeekday(day))];
  return static_cast<uint64_t>(hours[local.hour()]) * static_cast<uint64_t>(of_day) *
         static_cast<uint64_t>(kMonths[local.month() - 1]);
}

Arrivals::Arrivals(const YearOptions& options, const OfficeCalendar& calendar)
    : seed_(options.seed), begin_(options.begin()) {
  sums_.push_back(0);
  for (absl::Time t = begin_; t < options.end(); t += absl::Hours(1))
    sums_.push_back(sums_.back() + WeightOf(t, calendar));
  spans_.push_back({.from = 0, .to = sums_.size() - 1, .cases = options.cases});
}

std::optional<absl::Time> Arrivals::Next() {
  while (hour_.empty()) {
    if (spans_.empty()) return std::nullopt;
    const Span span = spans_.back();
    spans_.pop_back();
    if (span.cases == 0) continue;
    if (span.to - span.from == 1) {
      Fill(span);
    } else {
      Halve(span);
    }
  }
  const absl::Time next = hour_.back();
  hour_.pop_back();
  return next;
}

void Arrivals::Halve(const Span& span) {
  const size_t middle = span.from + (span.to - span.from) / 2;
  const uint64_t all = Weight(span.from, span.to);
  const uint64_t first = Weight(span.from, middle);
  Dice dice(seed_, About::kArrivals, uint64_t{span.from} << 32 | span.to);
  uint64_t in_first = 0;
  for (uint64_t i = 0; i < span.cases; ++i)
    in_first += dice.Below(all) < first ? 1 : 0;
  spans_.push_back({.from = middle, .to = span.to, .cases = span.cases - in_first});
  spans_.push_back({.from = span.from, .to = middle, .cases = in_first});
}

void Arrivals::Fill(const Span& hour) {
  Dice dice(seed_, About::kArrivals, uint64_t{hour.from} << 32 | hour.to);
  const absl::Time begins = begin_ + absl::Hours(hour.from);
  for (uint64_t i = 0; i < hour.cases; ++i)
    hour_.push_back(begins + absl::Seconds(dice.Below(3600)));
  std::sort(hour_.begin(), hour_.end(), std::greater<>());
}

}  // namespace caseward::year
