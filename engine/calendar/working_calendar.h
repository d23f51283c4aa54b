// Working time: when a span that starts now is over. Pure arithmetic over one published version of a calendar; no
// clock, no I/O (time zone data is read once, when compiled).
//
// Rules (domain §6, §12; R-81): instants are UTC; dates are local to the calendar's zone. Day 0 is the local date of
// the start; a working-day span ends at the local midnight that ends the Nth following working day. A due time is
// exclusive: an act is in time if it happened before it.
//
//   working_day    Nth working day after the local date of `from`, its closing midnight
//   business_hour  N hours of business time, counted only inside business hours of working days
//   hour           N elapsed hours on the UTC time line
//   day            Nth following civil day, its closing midnight
//   month          corresponding date N months on (the last day if there is none), moved to the next working day if
//                  it is not one, its closing midnight
//
// Hours and civil days are pure arithmetic, so the coverage does not bind them: a 24-hour duty to make a home safe does
// not fail because nobody has published next year's holidays. Everything else needs every date it looks at to be
// covered.
//
// Failure   OUT_OF_RANGE names the calendar, its coverage and the date it would have needed. INVALID_ARGUMENT for a
//           span or a calendar that cannot be read, naming the field, what was expected and what came.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "caseward/v1/calendar.pb.h"
#include "caseward/v1/common.pb.h"

namespace caseward {

// One line of an explanation of a due time.
struct CountedDay {
  absl::CivilDay day;
  bool counted = false;
  // "day 0, the start", "working day 1 of 5", "Saturday", "Good Friday", "2 business hours 30 minutes", ...
  std::string why;
};

class WorkingCalendar {
 public:
  static absl::StatusOr<WorkingCalendar> Compile(const v1::Calendar& calendar);

  const v1::Calendar& source() const { return source_; }
  absl::TimeZone zone() const { return zone_; }

  absl::CivilDay LocalDay(absl::Time t) const { return absl::ToCivilDay(t, zone_); }
  absl::StatusOr<bool> IsWorkingDay(absl::CivilDay day) const;

  // The first instant that is too late.
  absl::StatusOr<absl::Time> DueExclusive(absl::Time from, const v1::Span& span) const;

  // The instant at which `percent` (1..99) of the time from `from` to `due` has passed, in the span's own unit: of
  // working days, 75 % of 4 is the closing midnight of the 3rd. For elapsed time, and where there is no span, a share
  // of the time line.
  absl::StatusOr<absl::Time> WarnAt(absl::Time from, absl::Time due_exclusive, const v1::Span* span,
                                    uint32_t percent) const;

  // The due time after a hold [paused_at, resumed_at): moved by what was held in the unit's own time (working days
  // whose local date lies in (paused, resumed]; business time inside the hold; elapsed time; civil days). A hold that
  // contains no working time moves nothing.
  absl::StatusOr<absl::Time> DueAfterHold(absl::Time due_exclusive, v1::TimeUnit unit, absl::Time paused_at,
                                          absl::Time resumed_at) const;

  // `by` more of the unit after `due_exclusive`: an extension.
  absl::StatusOr<absl::Time> Extend(absl::Time due_exclusive, const v1::Span& by) const;

  // True if at least `span` lies between the two, by the same counting: a floor, a span of counted facts. It
  // holds exactly when a clock started at `from` would have fallen due by `to`.
  absl::StatusOr<bool> AtLeast(absl::Time from, absl::Time to, const v1::Span& span) const;

  // `span` before `to`: the earliest instant (to the microsecond) from which `to` is within `span`: a clock started
  // there would not have fallen due by `to`. Serves "at most this long ago".
  absl::StatusOr<absl::Time> Before(absl::Time to, const v1::Span& span) const;

  // Each civil day from the start to the due day, counted or skipped, and why.
  absl::StatusOr<std::vector<CountedDay>> Explain(absl::Time from, const v1::Span& span) const;

 private:
  WorkingCalendar() = default;

  // compile.cc: each reads one part of `source_`.
  absl::Status ReadCoverage();
  absl::Status ReadWeek();
  absl::Status ReadHolidays();
  void IndexWorkingDays();

  bool Covers(absl::CivilDay day) const { return covers_from_ <= day && day <= covers_to_; }
  bool WorksOn(absl::CivilDay day) const;  // by weekday alone
  absl::Status CheckCovered(absl::CivilDay day) const;
  // Working days from the start of the coverage up to and including `day`; `day` is covered, or the day before.
  uint32_t WorkingDaysUpTo(absl::CivilDay day) const;
  bool IsCoveredWorkingDay(absl::CivilDay day) const;
  // The nth (from 1) working day after `day`.
  absl::StatusOr<absl::CivilDay> NthWorkingDayAfter(absl::CivilDay day, uint32_t n) const;
  // `day` itself if it is a working day, else the next one.
  absl::StatusOr<absl::CivilDay> WorkingDayFrom(absl::CivilDay day) const;
  // The corresponding date so many months on, or the last day of a month that has none.
  static absl::CivilDay MonthsOn(absl::CivilDay day, uint32_t months);

  // The first instant of a local day, also where the zone's clocks skip or repeat midnight.
  absl::Time StartOf(absl::CivilDay day) const { return InstantOf(absl::CivilSecond(day)); }
  absl::Time ClosingMidnight(absl::CivilDay day) const { return StartOf(day + 1); }
  absl::Time InstantOf(absl::CivilSecond local) const;
  // The local day that a due time closes, or lies in.
  absl::CivilDay DueDay(absl::Time due_exclusive) const { return LocalDay(due_exclusive - absl::Microseconds(1)); }

  struct Interval {
    absl::Time from;
    absl::Time to;
    absl::Duration Within(absl::Time a, absl::Time b) const;  // the length of its part inside [a, b)
  };
  Interval BusinessHours(absl::CivilDay day) const;
  absl::StatusOr<absl::Duration> BusinessTime(absl::Time from, absl::Time to) const;
  // The earliest instant before which there is `time` of business time since `from`.
  absl::StatusOr<absl::Time> AddBusinessTime(absl::Time from, absl::Duration time) const;
  // The latest instant from which there is `time` of business time until `to`.
  absl::StatusOr<absl::Time> SubtractBusinessTime(absl::Time to, absl::Duration time) const;
  absl::StatusOr<absl::Time> BeforeByMonths(absl::Time to, uint32_t months) const;

  // explain.cc: `nth` counts the days (or working days) after the start.
  std::string WhyNotWorked(absl::CivilDay day) const;
  CountedDay ExplainWorkingDay(absl::CivilDay day, uint32_t nth, uint32_t of) const;
  CountedDay ExplainTime(absl::CivilDay day, absl::Time from, absl::Time due, v1::TimeUnit unit) const;
  CountedDay ExplainMonth(absl::CivilDay day, absl::CivilDay start, uint32_t months) const;

  v1::Calendar source_;
  absl::TimeZone zone_;
  absl::CivilDay covers_from_;
  absl::CivilDay covers_to_;
  uint32_t weekdays_ = 0;  // bit n - 1: weekday n is worked, 1 = Monday
  // Per covered day: number of working days up to and including it; makes the Nth working day two look-ups.
  std::vector<uint32_t> working_days_up_to_;
  std::vector<absl::CivilDay> working_days_;
  absl::flat_hash_map<absl::CivilDay, std::string> holiday_titles_;
};

inline constexpr uint32_t kSpanAmountMax = 10'000;
inline constexpr int kCalendarYearsMax = 100;  // from the first to the last covered date

// Text forms: "5 working_days", "1 working_day", "24 hours", "4 business_hours", "2 months".
absl::StatusOr<v1::Span> ParseSpan(std::string_view text);
std::string FormatSpan(const v1::Span& span);

}  // namespace caseward
