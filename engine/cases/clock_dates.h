// When a clock falls due: computed once, when deciding, over the calendar, and stored in the event (law L2).
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "engine/cases/concluding.h"

namespace caseward {

struct Dates {
  absl::Time due;
  std::optional<absl::Time> warn;
  const v1::Span* span = nullptr;  // null: the due time was taken from the event's field
};

// The dates of a clock that starts at `start` because of `event`; nothing if no duration fits the case.
// OUT_OF_RANGE: beyond the calendar's coverage.
absl::StatusOr<std::optional<Dates>> DatesFor(const Concluding& c, const CompiledClock& definition,
                                              const v1::Event& event, absl::Time start);

// A paused clock that runs again from `at`: its due time moved by what was held, and never to a moment inside the hold.
absl::StatusOr<v1::ClockResumed> ResumedClock(const WorkingCalendar& calendar, const v1::ClockState& clock,
                                              const CompiledClock& definition, absl::Time at);

}  // namespace caseward
