#include "engine/cases/clock_dates.h"

namespace caseward {

absl::StatusOr<std::optional<Dates>> DatesFor(const Concluding& c, const CompiledClock& definition,
                                              const v1::Event& event, absl::Time start) {
  Dates dates;
  if (const auto due = definition.DueFrom(event)) {
    dates.due = *due;
  } else {
    dates.span = definition.SpanFor(c.FactsNow(&event));
    if (dates.span == nullptr) return std::optional<Dates>();
    absl::StatusOr<absl::Time> computed = c.calendar().DueExclusive(start, *dates.span);
    if (!computed.ok()) return computed.status();
    dates.due = *computed;
  }
  if (definition.source->warn_percent() > 0 && dates.due > start) {
    absl::StatusOr<absl::Time> warn =
        c.calendar().WarnAt(start, dates.due, dates.span, definition.source->warn_percent());
    if (!warn.ok()) return warn.status();
    if (*warn < dates.due) dates.warn = *warn;
  }
  return std::optional<Dates>(dates);
}

absl::StatusOr<v1::ClockResumed> ResumedClock(const WorkingCalendar& calendar, const v1::ClockState& clock,
                                              const CompiledClock& definition, absl::Time at) {
  const absl::Time old_due = ToTime(clock.due_exclusive());
  const absl::Time paused_at = ToTime(clock.paused_at());
  const v1::TimeUnit unit = clock.has_within() ? clock.within().unit() : v1::TIME_UNIT_HOUR;
  absl::StatusOr<absl::Time> due = calendar.DueAfterHold(old_due, unit, paused_at, at);
  if (due.ok() && *due <= at && old_due > paused_at) {
    // Held from a Friday afternoon to a Saturday: no working day lies between, yet what was left of the Friday was
    // held.
    v1::Span one;
    one.set_unit(unit);
    one.set_amount(1);
    due = calendar.DueExclusive(at, one);
  }
  if (!due.ok()) return due.status();
  v1::ClockResumed e;
  e.set_clock(clock.clock());
  SetTimestamp(*due, e.mutable_due_exclusive());
  if (definition.source->warn_percent() > 0 && clock.has_warn_at()) {
    SetTimestamp(ToTime(clock.warn_at()) + (*due - old_due), e.mutable_warn_at());
  }
  return e;
}

}  // namespace caseward
