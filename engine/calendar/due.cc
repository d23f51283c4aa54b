// Due times, warnings, holds, extensions and floors: what the units mean.
#include <algorithm>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/calendar/working_calendar.h"

namespace caseward {
namespace {

constexpr absl::Duration kMicrosecond = absl::Microseconds(1);

absl::Status CheckSpan(const v1::Span& span) {
  if (!v1::TimeUnit_IsValid(span.unit()) || span.unit() == v1::TIME_UNIT_UNSPECIFIED) {
    return absl::InvalidArgumentError(StrCat("span.unit: expected working_day, business_hour, hour, day or month; ",
                                             "found ", static_cast<int>(span.unit())));
  }
  if (span.amount() > kSpanAmountMax) {
    return absl::InvalidArgumentError(StrCat("span.amount: expected 0 to ", kSpanAmountMax, "; found ", span.amount()));
  }
  return absl::OkStatus();
}

// Instants that a protobuf timestamp can hold, with room for the longest span.
absl::Status CheckInstant(std::string_view field, absl::Time t) {
  if (absl::FromUnixSeconds(-62'135'596'800) <= t && t < absl::FromUnixSeconds(221'845'305'600)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      StrCat(field, ": expected an instant of the years 1 to 8999; found ", FormatInstant(t)));
}

absl::Status Check(std::string_view field, absl::Time t, const v1::Span& span) {
  if (absl::Status instant = CheckInstant(field, t); !instant.ok()) return instant;
  return CheckSpan(span);
}

absl::Time ShareOfTimeLine(absl::Time from, absl::Time due, uint32_t percent) {
  return from + absl::Trunc((due - from) / 100 * static_cast<int64_t>(percent), kMicrosecond);
}

}  // namespace

absl::StatusOr<absl::Time> WorkingCalendar::DueExclusive(absl::Time from, const v1::Span& span) const {
  if (absl::Status checked = Check("from", from, span); !checked.ok()) return checked;
  const absl::CivilDay start = LocalDay(from);
  absl::StatusOr<absl::CivilDay> day = start;
  switch (span.unit()) {
    case v1::TIME_UNIT_WORKING_DAY: day = NthWorkingDayAfter(start, span.amount()); break;
    case v1::TIME_UNIT_DAY: day = start + static_cast<absl::civil_diff_t>(span.amount()); break;
    case v1::TIME_UNIT_MONTH: day = WorkingDayFrom(MonthsOn(start, span.amount())); break;
    case v1::TIME_UNIT_BUSINESS_HOUR: return AddBusinessTime(from, absl::Hours(span.amount()));
    case v1::TIME_UNIT_HOUR: return from + absl::Hours(span.amount());
    case v1::TIME_UNIT_UNSPECIFIED:
    case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;  // refused by CheckSpan
  }
  if (!day.ok()) return day.status();
  return ClosingMidnight(*day);
}

absl::StatusOr<absl::Time> WorkingCalendar::WarnAt(absl::Time from, absl::Time due_exclusive, const v1::Span* span,
                                                   uint32_t percent) const {
  if (percent < 1 || percent > 99) {
    return absl::InvalidArgumentError(StrCat("warn_percent: expected 1 to 99; found ", percent));
  }
  if (absl::Status checked = CheckInstant("from", from); !checked.ok()) return checked;
  if (absl::Status checked = CheckInstant("due_exclusive", due_exclusive); !checked.ok()) return checked;
  if (span != nullptr) {
    if (absl::Status checked = CheckSpan(*span); !checked.ok()) return checked;
  }
  if (due_exclusive <= from) return due_exclusive;

  // The whole is what lies between the two, not span.amount: a hold or an extension may have moved the due time.
  const absl::Time share = ShareOfTimeLine(from, due_exclusive, percent);
  const absl::CivilDay start = LocalDay(from);
  const absl::CivilDay due_day = DueDay(due_exclusive);
  absl::StatusOr<absl::Time> warn = share;
  switch (span == nullptr ? v1::TIME_UNIT_HOUR : span->unit()) {
    case v1::TIME_UNIT_WORKING_DAY: {
      if (absl::Status covered = CheckCovered(start); !covered.ok()) return covered;
      if (absl::Status covered = CheckCovered(due_day); !covered.ok()) return covered;
      const uint32_t all = WorkingDaysUpTo(due_day) - WorkingDaysUpTo(start);
      const absl::StatusOr<absl::CivilDay> day = NthWorkingDayAfter(start, all * percent / 100);
      if (!day.ok()) return day.status();
      warn = ClosingMidnight(*day);
      break;
    }
    case v1::TIME_UNIT_BUSINESS_HOUR: {
      const absl::StatusOr<absl::Duration> all = BusinessTime(from, due_exclusive);
      if (!all.ok()) return all.status();
      warn = AddBusinessTime(from, absl::Trunc(*all / 100 * static_cast<int64_t>(percent), kMicrosecond));
      break;
    }
    case v1::TIME_UNIT_DAY:
    case v1::TIME_UNIT_MONTH:
      warn = ClosingMidnight(start + (due_day - start) * static_cast<absl::civil_diff_t>(percent) / 100);
      break;
    case v1::TIME_UNIT_HOUR:
    case v1::TIME_UNIT_UNSPECIFIED:
    case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  // A span with no whole day in it has no earlier closing midnight.
  return warn.ok() && *warn >= due_exclusive ? share : warn;
}

absl::StatusOr<absl::Time> WorkingCalendar::DueAfterHold(absl::Time due_exclusive, v1::TimeUnit unit,
                                                         absl::Time paused_at, absl::Time resumed_at) const {
  v1::Span held;
  held.set_unit(unit);
  if (absl::Status checked = Check("due_exclusive", due_exclusive, held); !checked.ok()) return checked;
  if (absl::Status checked = CheckInstant("paused_at", paused_at); !checked.ok()) return checked;
  if (absl::Status checked = CheckInstant("resumed_at", resumed_at); !checked.ok()) return checked;
  if (resumed_at < paused_at) {
    return absl::InvalidArgumentError(StrCat("resumed_at: expected not before paused_at ", FormatInstant(paused_at),
                                             "; found ", FormatInstant(resumed_at)));
  }
  const absl::CivilDay paused = LocalDay(paused_at);
  const absl::CivilDay resumed = LocalDay(resumed_at);
  switch (unit) {
    case v1::TIME_UNIT_WORKING_DAY: {
      if (absl::Status covered = CheckCovered(paused); !covered.ok()) return covered;
      if (absl::Status covered = CheckCovered(resumed); !covered.ok()) return covered;
      held.set_amount(WorkingDaysUpTo(resumed) - WorkingDaysUpTo(paused));
      break;
    }
    case v1::TIME_UNIT_BUSINESS_HOUR: {
      const absl::StatusOr<absl::Duration> time = BusinessTime(paused_at, resumed_at);
      if (!time.ok()) return time.status();
      return AddBusinessTime(due_exclusive, *time);
    }
    case v1::TIME_UNIT_HOUR: return due_exclusive + (resumed_at - paused_at);
    case v1::TIME_UNIT_DAY:
    case v1::TIME_UNIT_MONTH: {
      if (resumed == paused) return due_exclusive;
      const absl::CivilDay day = DueDay(due_exclusive) + (resumed - paused);
      if (unit == v1::TIME_UNIT_DAY) return ClosingMidnight(day);
      const absl::StatusOr<absl::CivilDay> working = WorkingDayFrom(day);
      if (!working.ok()) return working.status();
      return ClosingMidnight(*working);
    }
    case v1::TIME_UNIT_UNSPECIFIED:
    case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;  // refused by CheckSpan
  }
  return Extend(due_exclusive, held);
}

absl::StatusOr<absl::Time> WorkingCalendar::Extend(absl::Time due_exclusive, const v1::Span& by) const {
  if (absl::Status checked = Check("due_exclusive", due_exclusive, by); !checked.ok()) return checked;
  if (by.amount() == 0) return due_exclusive;
  // Units of days are counted from the day that the due time closes; units of hours from the due time itself.
  const bool hours = by.unit() == v1::TIME_UNIT_HOUR || by.unit() == v1::TIME_UNIT_BUSINESS_HOUR;
  return DueExclusive(hours ? due_exclusive : due_exclusive - kMicrosecond, by);
}

absl::StatusOr<bool> WorkingCalendar::AtLeast(absl::Time from, absl::Time to, const v1::Span& span) const {
  if (absl::Status checked = CheckInstant("to", to); !checked.ok()) return checked;
  const absl::StatusOr<absl::Time> due = DueExclusive(from, span);
  if (due.ok()) return *due <= to;
  // A due day past the coverage is not known, but it is certainly later than any covered instant.
  if (absl::IsOutOfRange(due.status()) && Covers(LocalDay(from)) && to < ClosingMidnight(covers_to_)) return false;
  return due.status();
}

absl::StatusOr<absl::Time> WorkingCalendar::Before(absl::Time to, const v1::Span& span) const {
  if (absl::Status checked = Check("to", to, span); !checked.ok()) return checked;
  const absl::CivilDay day = LocalDay(to);
  switch (span.unit()) {
    case v1::TIME_UNIT_WORKING_DAY: {
      if (absl::Status covered = CheckCovered(day); !covered.ok()) return covered;
      if (span.amount() == 0) return StartOf(day);
      // The start may be the working day that has span.amount - 1 others between itself and `to`.
      const uint32_t earlier = WorkingDaysUpTo(day - 1);
      if (earlier < span.amount()) return CheckCovered(covers_from_ - 1);
      return StartOf(working_days_[earlier - span.amount()]);
    }
    case v1::TIME_UNIT_BUSINESS_HOUR: {
      const absl::StatusOr<absl::Time> due_by_now = SubtractBusinessTime(to, absl::Hours(span.amount()));
      if (!due_by_now.ok()) return due_by_now.status();
      return *due_by_now + kMicrosecond;
    }
    case v1::TIME_UNIT_HOUR: return to - absl::Hours(span.amount()) + kMicrosecond;
    case v1::TIME_UNIT_DAY: return StartOf(day - static_cast<absl::civil_diff_t>(span.amount()));
    case v1::TIME_UNIT_MONTH: return BeforeByMonths(to, span.amount());
    case v1::TIME_UNIT_UNSPECIFIED:
    case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;  // refused by CheckSpan
  }
  return to;
}

// A corresponding date after the last working day before `to` is moved to the day of `to` or a later one.
absl::StatusOr<absl::Time> WorkingCalendar::BeforeByMonths(absl::Time to, uint32_t months) const {
  const absl::CivilDay day = LocalDay(to);
  if (absl::Status covered = CheckCovered(day); !covered.ok()) return covered;
  const uint32_t earlier = WorkingDaysUpTo(day - 1);
  if (earlier == 0) return CheckCovered(covers_from_ - 1);
  const absl::CivilDay corresponding = working_days_[earlier - 1] + 1;
  const absl::CivilMonth month = absl::CivilMonth(corresponding) - static_cast<absl::civil_diff_t>(months);
  // A month without that date: its last day corresponds to an earlier one, so the next month's first day it is.
  const absl::CivilDay start = std::min(absl::CivilDay(month) + (corresponding.day() - 1), absl::CivilDay(month + 1));
  return StartOf(start);
}

}  // namespace caseward
