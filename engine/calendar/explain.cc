// Why a due time is what it is: a line for each civil day from the start to the due day.
#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "engine/base/text.h"
#include "engine/calendar/working_calendar.h"

namespace caseward {
namespace {

constexpr std::string_view kStart = "day 0, the start";

std::string WeekdayName(absl::CivilDay day) {
  return absl::FormatTime("%A", absl::FromCivil(day, absl::UTCTimeZone()), absl::UTCTimeZone());
}

std::string Plural(int64_t n, std::string_view unit) { return StrCat(n, " ", unit, n == 1 ? "" : "s"); }

// "2 business hours 30 minutes"; seconds and less only if there are any.
std::string TimeText(absl::Duration time, std::string_view hour) {
  std::vector<std::string> parts;
  if (const int64_t hours = absl::IDivDuration(time, absl::Hours(1), &time); hours > 0) {
    parts.push_back(Plural(hours, hour));
  }
  if (const int64_t minutes = absl::IDivDuration(time, absl::Minutes(1), &time); minutes > 0) {
    parts.push_back(Plural(minutes, "minute"));
  }
  if (time > absl::ZeroDuration()) parts.push_back(absl::FormatDuration(time));
  return absl::StrJoin(parts, " ");
}

}  // namespace

absl::StatusOr<std::vector<CountedDay>> WorkingCalendar::Explain(absl::Time from, const v1::Span& span) const {
  const absl::StatusOr<absl::Time> due = DueExclusive(from, span);
  if (!due.ok()) return due.status();
  const absl::CivilDay start = LocalDay(from);
  const absl::CivilDay last = std::max(start, DueDay(*due));
  std::vector<CountedDay> days;
  days.reserve(static_cast<size_t>(last - start + 1));
  for (absl::CivilDay day = start; day <= last; ++day) {
    switch (span.unit()) {
      case v1::TIME_UNIT_WORKING_DAY:
        days.push_back(ExplainWorkingDay(day, WorkingDaysUpTo(day) - WorkingDaysUpTo(start), span.amount()));
        break;
      case v1::TIME_UNIT_DAY: days.push_back({day, true, StrCat("day ", day - start, " of ", span.amount())}); break;
      case v1::TIME_UNIT_MONTH: days.push_back(ExplainMonth(day, start, span.amount())); break;
      case v1::TIME_UNIT_HOUR:
      case v1::TIME_UNIT_BUSINESS_HOUR: days.push_back(ExplainTime(day, from, *due, span.unit())); break;
      case v1::TIME_UNIT_UNSPECIFIED:
      case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
      case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;  // refused by DueExclusive
    }
  }
  // Units of days do not count the start, whatever day it is; units of hours may.
  CountedDay& first = days.front();
  if (span.unit() == v1::TIME_UNIT_HOUR || span.unit() == v1::TIME_UNIT_BUSINESS_HOUR) {
    first.why = first.counted ? StrCat(kStart, ": ", first.why) : std::string(kStart);
  } else {
    first = {start, false, std::string(kStart)};
  }
  return days;
}

std::string WorkingCalendar::WhyNotWorked(absl::CivilDay day) const {
  const auto holiday = holiday_titles_.find(day);
  return holiday != holiday_titles_.end() ? holiday->second : WeekdayName(day);
}

CountedDay WorkingCalendar::ExplainWorkingDay(absl::CivilDay day, uint32_t nth, uint32_t of) const {
  if (!IsCoveredWorkingDay(day)) return {day, false, WhyNotWorked(day)};
  return {day, true, StrCat("working day ", nth, " of ", of)};
}

CountedDay WorkingCalendar::ExplainTime(absl::CivilDay day, absl::Time from, absl::Time due, v1::TimeUnit unit) const {
  const bool business = unit == v1::TIME_UNIT_BUSINESS_HOUR;
  if (business && !IsCoveredWorkingDay(day)) return {day, false, WhyNotWorked(day)};
  const Interval open = business ? BusinessHours(day) : Interval{StartOf(day), ClosingMidnight(day)};
  const absl::Duration time = open.Within(from, due);
  if (time == absl::ZeroDuration()) return {day, false, "outside business hours"};
  return {day, true, TimeText(time, business ? "business hour" : "hour")};
}

CountedDay WorkingCalendar::ExplainMonth(absl::CivilDay day, absl::CivilDay start, uint32_t months) const {
  const absl::CivilDay corresponding = MonthsOn(start, months);
  if (day < corresponding) return {day, true, StrCat("day ", day - start)};
  const std::string date = StrCat("the corresponding date, ", Plural(months, "month"), " on");
  const bool worked = IsCoveredWorkingDay(day);
  if (day == corresponding) return {day, worked, worked ? date : StrCat(date, ", but ", WhyNotWorked(day))};
  if (!worked) return {day, false, WhyNotWorked(day)};
  return {day, true, "the next working day"};
}

}  // namespace caseward
