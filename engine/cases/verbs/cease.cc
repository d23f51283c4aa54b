#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Ends a clock that no longer applies, for one of the reasons the policy lists: neither met nor missed.
MaybeRefusal Cease(Deciding& deciding, const v1::CeaseClock& asked) {
  auto named = FindNamedClock(deciding, asked.clock());
  if (auto* refusal = std::get_if<v1::Refusal>(&named)) return *refusal;
  const auto& [clock, definition] = std::get<NamedClock>(named);
  if (clock->status() != v1::ClockState::STATUS_RUNNING && clock->status() != v1::ClockState::STATUS_PAUSED) {
    return Refuse("C-clock", "a running or paused clock", asked.clock() + ", which has ended or been breached",
                  "Nothing: a breach stands.");
  }
  if (IsPastDue(deciding, *clock)) {
    return Refuse("C-clock", "a clock that is not due yet", asked.clock() + ", whose due time has come",
                  "Nothing: a breach stands.");
  }
  if (deciding.when() < ToTime(clock->started_at())) {
    return Invalid("C-clock", "a time after the clock started", FormatInstant(deciding.when()));
  }
  if (auto refusal = CheckReason("C-cease", "ceased", asked.reason_code(), definition->source->cease_reasons())) {
    refusal->set_clause(definition->source->clause());
    refusal->set_provenance(definition->source->provenance());
    return refusal;
  }
  v1::ClockCeased& e = *deciding.Fact(false).mutable_clock_ceased();
  e.set_clock(asked.clock());
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs
