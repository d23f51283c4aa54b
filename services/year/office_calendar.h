// Local time, bank holidays and office hours of the invented association, by rule and without a time zone database, so
// that the year has the same bytes where none is installed: British summer time lasts from 01:00 UTC on the last Sunday
// of March to 01:00 UTC on the last of October, and the bank holidays of England and Wales follow the Act of 1971. A
// test holds both against policies/calendars; holidays proclaimed for one year alone are not known here.
#pragma once

#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace caseward::year {

absl::CivilSecond LocalTime(absl::Time t);
// An hour that comes twice is the first of the two; one that is left out is the hour after it.
absl::Time InstantOf(absl::CivilSecond local);
inline absl::Time StartOf(absl::CivilDay day) { return InstantOf(absl::CivilSecond(day)); }

bool IsBankHoliday(absl::CivilDay day);

inline constexpr int kOfficeOpens = 9;
inline constexpr int kOfficeCloses = 17;
// The contact centre answers every day of the year.
inline constexpr int kPhonesOpen = 8;
inline constexpr int kPhonesClose = 20;

class OfficeCalendar {
 public:
  // Knows every day from `first` to `last`; outside, a day is a working day if it is a weekday.
  OfficeCalendar(absl::CivilDay first, absl::CivilDay last);

  bool IsWorkingDay(absl::CivilDay day) const;
  bool IsHoliday(absl::CivilDay day) const;
  // `t` itself if it is within, else when it opens next.
  absl::Time NextOfficeHour(absl::Time t) const;
  static absl::Time NextPhoneHour(absl::Time t);
  // 17:00 on the n-th working day after that of `t`.
  absl::Time WorkingDaysAfter(absl::Time t, int n) const;

 private:
  absl::CivilDay first_;
  std::vector<bool> holidays_;
};

}  // namespace caseward::year
