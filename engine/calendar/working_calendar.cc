#include "engine/calendar/working_calendar.h"

#include <algorithm>

#include "engine/base/text.h"

namespace caseward {

absl::StatusOr<bool> WorkingCalendar::IsWorkingDay(absl::CivilDay day) const {
  if (absl::Status covered = CheckCovered(day); !covered.ok()) return covered;
  return IsCoveredWorkingDay(day);
}

// ---------------------------------------------------------------------------------------------- days

bool WorkingCalendar::WorksOn(absl::CivilDay day) const {
  return ((weekdays_ >> static_cast<uint32_t>(absl::GetWeekday(day))) & 1U) != 0;
}

absl::Status WorkingCalendar::CheckCovered(absl::CivilDay day) const {
  if (Covers(day)) return absl::OkStatus();
  return absl::OutOfRangeError(StrCat("calendar \"", source_.id(), "\" version ", source_.version(), " covers ",
                                      source_.covers_from(), " to ", source_.covers_to(), "; the date needed is ",
                                      absl::FormatCivilTime(day)));
}

uint32_t WorkingCalendar::WorkingDaysUpTo(absl::CivilDay day) const {
  if (day < covers_from_) return 0;
  return working_days_up_to_[static_cast<size_t>(day - covers_from_)];
}

bool WorkingCalendar::IsCoveredWorkingDay(absl::CivilDay day) const {
  return WorkingDaysUpTo(day) > WorkingDaysUpTo(day - 1);
}

absl::StatusOr<absl::CivilDay> WorkingCalendar::NthWorkingDayAfter(absl::CivilDay day, uint32_t n) const {
  if (absl::Status covered = CheckCovered(day); !covered.ok()) return covered;
  if (n == 0) return day;
  const size_t index = size_t{WorkingDaysUpTo(day)} + n - 1;
  if (index < working_days_.size()) return working_days_[index];
  // Past the coverage. With no holidays known there, the date needed is at the earliest this one.
  size_t missing = index + 1 - working_days_.size();
  absl::CivilDay needed = covers_to_;
  while (missing > 0) {
    ++needed;
    if (WorksOn(needed)) --missing;
  }
  return CheckCovered(needed);
}

absl::StatusOr<absl::CivilDay> WorkingCalendar::WorkingDayFrom(absl::CivilDay day) const {
  if (absl::Status covered = CheckCovered(day); !covered.ok()) return covered;
  if (IsCoveredWorkingDay(day)) return day;
  return NthWorkingDayAfter(day, 1);
}

absl::CivilDay WorkingCalendar::MonthsOn(absl::CivilDay day, uint32_t months) {
  const absl::CivilMonth month = absl::CivilMonth(day) + static_cast<absl::civil_diff_t>(months);
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (day.day() - 1), last);
}

// ---------------------------------------------------------------------------------------------- instants

absl::Time WorkingCalendar::InstantOf(absl::CivilSecond local) const {
  const absl::TimeZone::TimeInfo info = zone_.At(local);
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

absl::Duration WorkingCalendar::Interval::Within(absl::Time a, absl::Time b) const {
  return std::max(std::min(to, b) - std::max(from, a), absl::ZeroDuration());
}

WorkingCalendar::Interval WorkingCalendar::BusinessHours(absl::CivilDay day) const {
  const auto at = [&](uint32_t minute) { return InstantOf(absl::CivilSecond(absl::CivilMinute(day) + minute)); };
  return {at(source_.opens_minute()), at(source_.closes_minute())};
}

// ---------------------------------------------------------------------------------------------- business time

absl::StatusOr<absl::Duration> WorkingCalendar::BusinessTime(absl::Time from, absl::Time to) const {
  const absl::CivilDay first = LocalDay(from);
  const absl::CivilDay last = LocalDay(to);
  if (absl::Status covered = CheckCovered(first); !covered.ok()) return covered;
  if (absl::Status covered = CheckCovered(last); !covered.ok()) return covered;
  absl::Duration sum;
  for (size_t i = WorkingDaysUpTo(first - 1); i < WorkingDaysUpTo(last); ++i) {
    sum += BusinessHours(working_days_[i]).Within(from, to);
  }
  return sum;
}

absl::StatusOr<absl::Time> WorkingCalendar::AddBusinessTime(absl::Time from, absl::Duration time) const {
  const absl::CivilDay first = LocalDay(from);
  if (absl::Status covered = CheckCovered(first); !covered.ok()) return covered;
  if (time == absl::ZeroDuration()) return from;
  for (size_t i = WorkingDaysUpTo(first - 1); i < working_days_.size(); ++i) {
    const Interval open = BusinessHours(working_days_[i]);
    const absl::Duration here = open.Within(from, absl::InfiniteFuture());
    if (time <= here) return std::max(from, open.from) + time;
    time -= here;
  }
  return CheckCovered(covers_to_ + 1);
}

absl::StatusOr<absl::Time> WorkingCalendar::SubtractBusinessTime(absl::Time to, absl::Duration time) const {
  const absl::CivilDay last = LocalDay(to);
  if (absl::Status covered = CheckCovered(last); !covered.ok()) return covered;
  if (time == absl::ZeroDuration()) return to;
  for (size_t i = WorkingDaysUpTo(last); i > 0; --i) {
    const Interval open = BusinessHours(working_days_[i - 1]);
    const absl::Duration here = open.Within(absl::InfinitePast(), to);
    if (time <= here) return std::min(to, open.to) - time;
    time -= here;
  }
  return CheckCovered(covers_from_ - 1);
}

}  // namespace caseward
