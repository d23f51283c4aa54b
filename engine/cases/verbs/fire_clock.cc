#include "engine/cases/verbs/verbs.h"

namespace caseward::verbs {

// A clock's warning or due time has come. Asked by SYSTEM alone, once per due time: the timer that asks goes away with
// the event it gives (law L8).
MaybeRefusal FireClock(Deciding& deciding, const v1::FireClock& asked) {
  const v1::ClockState* clock = FindClock(deciding.before(), asked.clock());
  const bool warn = asked.edge() == v1::FireClock::EDGE_WARN;
  if (clock == nullptr || clock->status() != v1::ClockState::STATUS_RUNNING) {
    return Invalid("C-timer", "a running clock", asked.clock() + ", which is not running");
  }
  if (!warn && asked.edge() != v1::FireClock::EDGE_BREACH)
    return Invalid("C-timer", "a warning or a breach", "neither");
  if (warn && (clock->warned() || !clock->has_warn_at())) {
    return Invalid("C-timer", "a warning to come", asked.clock() + ", which has none");
  }
  const google::protobuf::Timestamp& due = warn ? clock->warn_at() : clock->due_exclusive();
  if (ToTime(due) != ToTime(asked.due()) || ToTime(due) > deciding.context().now) {
    return Invalid("C-timer", "its due time " + FormatInstant(ToTime(due)), FormatInstant(ToTime(asked.due())));
  }
  v1::Event& event = deciding.Fact(false);
  event.set_derived(true);
  *event.mutable_occurred_at() = due;
  if (const CompiledClock* definition = deciding.pack().clock(clock->definition())) {
    event.set_because(definition->source->id());
    event.set_clause(definition->source->clause());
  }
  if (warn) {
    v1::ClockWarned& e = *event.mutable_clock_warned();
    e.set_clock(asked.clock());
    *e.mutable_due_exclusive() = clock->due_exclusive();
    SetTimestamp(deciding.context().now, e.mutable_detected_at());
  } else {
    v1::ClockBreached& e = *event.mutable_clock_breached();
    e.set_clock(asked.clock());
    *e.mutable_due_exclusive() = clock->due_exclusive();
    SetTimestamp(deciding.context().now, e.mutable_detected_at());
  }
  return std::nullopt;
}

}  // namespace caseward::verbs
