#include "services/year/office_calendar.h"

namespace caseward::year {
namespace {

absl::CivilDay LastSundayOf(absl::CivilMonth month) {
  return absl::PrevWeekday(absl::CivilDay(month + 1), absl::Weekday::sunday);
}

bool IsSummerTime(absl::Time t) {
  const absl::CivilHour utc = absl::ToCivilHour(t, absl::UTCTimeZone());
  return utc >= absl::CivilHour(LastSundayOf(absl::CivilMonth(utc.year(), 3))) + 1 &&
         utc < absl::CivilHour(LastSundayOf(absl::CivilMonth(utc.year(), 10))) + 1;
}

bool IsWeekend(absl::CivilDay day) {
  const absl::Weekday weekday = absl::GetWeekday(day);
  return weekday == absl::Weekday::saturday || weekday == absl::Weekday::sunday;
}

// Gauss's reckoning, as it is printed for the Gregorian calendar.
absl::CivilDay EasterSunday(int64_t year) {
  const int64_t a = year % 19;
  const int64_t b = year / 100;
  const int64_t c = year % 100;
  const int64_t h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
  const int64_t l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
  const int64_t m = (a + 11 * h + 22 * l) / 451;
  const int64_t n = h + l - 7 * m + 114;
  return absl::CivilDay(year, n / 31, n % 31 + 1);
}

// A fixed holiday on a weekend moves to the next weekday that is none.
bool IsChristmas(absl::CivilDay day) {
  if (day.month() != 12 || day.day() < 25 || day.day() > 28 || IsWeekend(day)) return false;
  if (day.day() <= 26) return true;
  const absl::CivilDay christmas(day.year(), 12, 25);
  const int moved = (IsWeekend(christmas) ? 1 : 0) + (IsWeekend(christmas + 1) ? 1 : 0);
  if (moved == 0) return false;
  // Two moved: 27 and 28. One moved: the first weekday after both.
  return moved == 2 || day == absl::NextWeekday(christmas, absl::Weekday::monday) ||
         (absl::GetWeekday(christmas) == absl::Weekday::sunday && day.day() == 27);
}

bool IsNewYear(absl::CivilDay day) {
  if (day.month() != 1 || day.day() > 3 || IsWeekend(day)) return false;
  const absl::CivilDay first(day.year(), 1, 1);
  return day == first || (IsWeekend(first) && day == absl::NextWeekday(first, absl::Weekday::monday));
}

}  // namespace

absl::CivilSecond LocalTime(absl::Time t) {
  return absl::ToCivilSecond(IsSummerTime(t) ? t + absl::Hours(1) : t, absl::UTCTimeZone());
}

absl::Time InstantOf(absl::CivilSecond local) {
  const absl::Time winter = absl::FromCivil(local, absl::UTCTimeZone());
  const absl::Time summer = winter - absl::Hours(1);
  return IsSummerTime(summer) ? summer : winter;
}

bool IsBankHoliday(absl::CivilDay day) {
  if (IsNewYear(day) || IsChristmas(day)) return true;
  const absl::CivilDay easter = EasterSunday(day.year());
  if (day == easter - 2 || day == easter + 1) return true;
  if (absl::GetWeekday(day) != absl::Weekday::monday) return false;
  const bool last_of_month = (day + 7).month() != day.month();
  return (day.month() == 5 && (day.day() <= 7 || last_of_month)) || (day.month() == 8 && last_of_month);
}

OfficeCalendar::OfficeCalendar(absl::CivilDay first, absl::CivilDay last) : first_(first) {
  for (absl::CivilDay day = first; day <= last; ++day)
    holidays_.push_back(IsBankHoliday(day));
}

bool OfficeCalendar::IsHoliday(absl::CivilDay day) const {
  const absl::civil_diff_t at = day - first_;
  return at >= 0 && static_cast<size_t>(at) < holidays_.size() && holidays_[static_cast<size_t>(at)];
}

bool OfficeCalendar::IsWorkingDay(absl::CivilDay day) const { return !IsWeekend(day) && !IsHoliday(day); }

absl::Time OfficeCalendar::NextOfficeHour(absl::Time t) const {
  const absl::CivilSecond local = LocalTime(t);
  absl::CivilDay day(local);
  if (IsWorkingDay(day) && local.hour() >= kOfficeOpens && local.hour() < kOfficeCloses) return t;
  if (!IsWorkingDay(day) || local.hour() >= kOfficeCloses) {
    do {
      ++day;
    } while (!IsWorkingDay(day));
  }
  return InstantOf(absl::CivilSecond(absl::CivilHour(day) + kOfficeOpens));
}

absl::Time OfficeCalendar::NextPhoneHour(absl::Time t) {
  const absl::CivilSecond local = LocalTime(t);
  if (local.hour() >= kPhonesOpen && local.hour() < kPhonesClose) return t;
  absl::CivilDay day(local);
  if (local.hour() >= kPhonesClose) ++day;
  return InstantOf(absl::CivilSecond(absl::CivilHour(day) + kPhonesOpen));
}

absl::Time OfficeCalendar::WorkingDaysAfter(absl::Time t, int n) const {
  absl::CivilDay day(LocalTime(t));
  while (n > 0) {
    ++day;
    if (IsWorkingDay(day)) --n;
  }
  return InstantOf(absl::CivilSecond(absl::CivilHour(day) + kOfficeCloses));
}

}  // namespace caseward::year
