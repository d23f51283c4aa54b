#include "engine/base/text.h"
#include "engine/cases/clock_dates.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

MaybeRefusal Resume(Deciding& deciding, const v1::ResumeClock& asked) {
  auto named = FindNamedClock(deciding, asked.clock());
  if (auto* refusal = std::get_if<v1::Refusal>(&named)) return *refusal;
  const v1::ClockState& clock = *std::get<NamedClock>(named).clock;
  if (clock.status() != v1::ClockState::STATUS_PAUSED) {
    return Refuse("C-clock", "a paused clock", asked.clock() + ", which is not paused", "Nothing: it is not held.");
  }
  if (deciding.when() < ToTime(clock.paused_at())) {
    return Invalid("C-clock", "a time after it was paused", FormatInstant(deciding.when()));
  }
  auto resumed =
      ResumedClock(deciding.context().calendar, clock, *std::get<NamedClock>(named).definition, deciding.when());
  if (!resumed.ok()) {
    return Refuse("C-calendar", "a due time the calendar covers", StdText(resumed.status().message()),
                  "A policy officer publishes a calendar that covers the date.");
  }
  *deciding.Fact(false).mutable_clock_resumed() = *std::move(resumed);
  return std::nullopt;
}

}  // namespace caseward::verbs
