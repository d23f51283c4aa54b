#include "engine/base/text.h"
#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// Holds one clock, for one of the reasons the policy lists. It has no due time until it is resumed.
MaybeRefusal Pause(Deciding& deciding, const v1::PauseClock& asked) {
  auto named = FindNamedClock(deciding, asked.clock());
  if (auto* refusal = std::get_if<v1::Refusal>(&named)) return *refusal;
  const auto& [clock, definition] = std::get<NamedClock>(named);
  if (clock->status() != v1::ClockState::STATUS_RUNNING) {
    return Refuse("C-clock", "a running clock", asked.clock() + ", which is not running", "Nothing: it does not run.");
  }
  if (IsPastDue(deciding, *clock)) {
    return Refuse("C-clock", "a pause before the due time " + FormatInstant(ToTime(clock->due_exclusive())),
                  "one after it", "Nothing: the due time has come.");
  }
  // Time is held once: a pause claimed for a time that was held before would move the due time twice.
  const absl::Time from = clock->holds().empty() ? ToTime(clock->started_at()) : ToTime(clock->holds().rbegin()->to());
  if (deciding.when() < from) {
    return Invalid("C-clock", "a pause not before " + FormatInstant(from), FormatInstant(deciding.when()));
  }
  if (clock->holds_size() >= kHoldsMax) {
    return Refuse("C-limit", StrCat("at most ", kHoldsMax, " pauses of a clock"), "one more",
                  "Nothing: what is held so often does not run.");
  }
  if (auto refusal = CheckReason("C-pause", "paused", asked.reason_code(), definition->source->pause_reasons())) {
    refusal->set_clause(definition->source->clause());
    refusal->set_provenance(definition->source->provenance());
    return refusal;
  }
  v1::ClockPaused& e = *deciding.Fact(false).mutable_clock_paused();
  e.set_clock(asked.clock());
  e.set_reason_code(asked.reason_code());
  return std::nullopt;
}

}  // namespace caseward::verbs
