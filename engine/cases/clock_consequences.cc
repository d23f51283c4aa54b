#include "engine/cases/clock_consequences.h"

#include <algorithm>
#include <string>

#include "engine/base/text.h"
#include "engine/cases/clock_dates.h"

namespace caseward {
namespace {

std::string_view ActionOf(const v1::Event& event) {
  if (event.has_action_added()) return event.action_added().action_id();
  if (event.has_action_completed()) return event.action_completed().action_id();
  if (event.has_action_cancelled()) return event.action_cancelled().action_id();
  return "";
}
std::string_view PromiseOf(const v1::Event& event) {
  if (event.has_promise_recorded()) return event.promise_recorded().promise_id();
  if (event.has_promise_kept()) return event.promise_kept().promise_id();
  return "";
}
std::string_view EnquiryOf(const v1::Event& event) {
  if (event.has_enquiry_made()) return event.enquiry_made().enquiry_id();
  if (event.has_enquiry_answered()) return event.enquiry_answered().enquiry_id();
  if (event.has_agency_chased()) return event.agency_chased().enquiry_id();
  if (event.has_information_shared()) return event.information_shared().enquiry_id();
  return "";
}
std::string_view ReferralOf(const v1::Event& event) {
  if (event.has_case_referred()) return event.case_referred().referral_id();
  if (event.has_referral_decided()) return event.referral_decided().referral_id();
  if (event.has_agency_chased()) return event.agency_chased().referral_id();
  if (event.has_information_shared()) return event.information_shared().referral_id();
  return "";
}
std::string_view SharingOf(const v1::Event& event) {
  if (event.has_information_shared()) return event.information_shared().share_id();
  if (event.has_sharing_reviewed()) return event.sharing_reviewed().share_id();
  return "";
}

// The action, promise, enquiry, ... an event is about; empty otherwise.
std::string_view ItemOf(const v1::Event& event, v1::ForEach each) {
  switch (each) {
    case v1::FOR_EACH_ACTION: return ActionOf(event);
    case v1::FOR_EACH_PROMISE: return PromiseOf(event);
    case v1::FOR_EACH_ENQUIRY: return EnquiryOf(event);
    case v1::FOR_EACH_REFERRAL: return ReferralOf(event);
    case v1::FOR_EACH_SHARING: return SharingOf(event);
    case v1::FOR_EACH_UNSPECIFIED:
    case v1::ForEach_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ForEach_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "";
}

// Not for a clock of each action when the event is about none.
bool HasInstance(const CompiledClock& definition, const v1::Event& event) {
  const v1::ForEach each = definition.source->for_each();
  return each == v1::FOR_EACH_UNSPECIFIED || !ItemOf(event, each).empty();
}

// The clock's id in the case; empty if it has none. Made only once something fires: most clocks are not moved.
std::string InstanceId(const CompiledClock& definition, const v1::Event& event) {
  const v1::ForEach each = definition.source->for_each();
  if (each == v1::FOR_EACH_UNSPECIFIED) return definition.source->id();
  const std::string_view item = ItemOf(event, each);
  return item.empty() ? std::string() : StrCat(definition.source->id(), "/", item);
}

// The first trigger that fires, and the time it names.
struct Fired {
  bool fired = false;
  absl::Time at;
};
Fired FirstToFire(const std::vector<CompiledTrigger>& triggers, const Facts& facts) {
  const v1::Event& event = *facts.event;
  for (const CompiledTrigger& trigger : triggers) {
    if (trigger.Fires(event, facts)) return {true, trigger.TimeOf(event)};
  }
  return {};
}

// What has not happened yet is no evidence: a time in the future counts as the event's own.
absl::Time NotInTheFuture(const Concluding& c, const v1::Event& event, absl::Time at) {
  return at > c.now() ? ToTime(event.occurred_at()) : at;
}

v1::Event DeriveFor(const Concluding& c, const CompiledClock& definition, absl::Time at) {
  return c.Derive(at, definition.source->id(), definition.source->clause());
}

bool CanStart(const Concluding& c, const CompiledClock& definition, const v1::Event& event) {
  return !definition.when || definition.when->Holds(c.FactsNow(&event));
}

// A due time that has come unseen is a breach first, also when the stop comes in the same breath: what is recorded
// after it cannot undo it (law L8). An act recorded at the very due time is before its timer.
void BreachIfDue(Concluding& c, const CompiledClock& definition, const std::string& id, absl::Time at) {
  const v1::ClockState* clock = FindClock(c.after(), id);
  const absl::Time due = ToTime(clock->due_exclusive());
  if (clock->status() != v1::ClockState::STATUS_RUNNING || (at < due && c.now() <= due)) return;
  v1::Event derived = DeriveFor(c, definition, due);
  v1::ClockBreached& e = *derived.mutable_clock_breached();
  e.set_clock(id);
  *e.mutable_due_exclusive() = clock->due_exclusive();
  SetTimestamp(c.now(), e.mutable_detected_at());
  c.Take(std::move(derived));
}

// Running or paused, after a due time that has come is called a breach.
bool IsAlive(Concluding& c, const CompiledClock& definition, const std::string& id, absl::Time at) {
  if (FindClock(c.after(), id) == nullptr) return false;
  BreachIfDue(c, definition, id, at);
  const v1::ClockState::Status status = FindClock(c.after(), id)->status();
  return status == v1::ClockState::STATUS_RUNNING || status == v1::ClockState::STATUS_PAUSED;
}

// The ids of a definition's clocks in the case.
std::vector<std::string> ClocksOf(const v1::CaseState& state, std::string_view definition) {
  std::vector<std::string> ids;
  for (const v1::ClockState& clock : state.clocks()) {
    if (clock.definition() == definition) ids.push_back(clock.clock());
  }
  return ids;
}

void EndSuperseded(Concluding& c, const CompiledClock& by, absl::Time at) {
  for (const std::string& name : by.source->supersedes()) {
    const CompiledClock* definition = c.pack().clock(name);
    if (definition == nullptr) continue;
    for (const std::string& id : ClocksOf(c.after(), name)) {
      if (!IsAlive(c, *definition, id, at)) continue;
      v1::Event event = DeriveFor(c, by, at);
      v1::ClockSuperseded& e = *event.mutable_clock_superseded();
      e.set_clock(id);
      *e.mutable_old_due_exclusive() = FindClock(c.after(), id)->due_exclusive();
      e.set_by_clock(by.source->id());
      c.Take(std::move(event));
    }
  }
}

// `counted_from`: from when the span counts; as a rule the start itself.
absl::Status StartClock(Concluding& c, const CompiledClock& definition, const v1::Event& event, std::string id,
                        absl::Time start, absl::Time counted_from) {
  // What becomes known after the closing, about a time before it, starts nothing: the closing would have ended it.
  if (IsClosed(c.after()) && start < ToTime(c.after().closed_at())) return absl::OkStatus();
  absl::StatusOr<std::optional<Dates>> dates = DatesFor(c, definition, event, counted_from);
  if (!dates.ok()) return dates.status();
  if (!dates->has_value()) return absl::OkStatus();
  const v1::ClockState* earlier = FindClock(c.after(), id);
  v1::Event derived = DeriveFor(c, definition, start);
  v1::ClockStarted& e = *derived.mutable_clock_started();
  e.set_clock(std::move(id));
  e.set_definition(definition.source->id());
  SetTimestamp(start, e.mutable_started_at());
  SetTimestamp((*dates)->due, e.mutable_due_exclusive());
  if ((*dates)->warn) SetTimestamp(*(*dates)->warn, e.mutable_warn_at());
  if ((*dates)->span != nullptr) *e.mutable_within() = *(*dates)->span;
  e.set_calendar_id(c.calendar().source().id());
  e.set_calendar_version(c.calendar().source().version());
  e.set_round(earlier != nullptr ? earlier->round() + 1 : 1);
  e.set_provenance(definition.source->provenance());
  if (counted_from != start) SetTimestamp(counted_from, e.mutable_counted_from());
  c.Take(std::move(derived));
  EndSuperseded(c, definition, start);
  return absl::OkStatus();
}

absl::Status ResumeIfPaused(Concluding& c, const CompiledClock& definition, const std::string& id, absl::Time at) {
  const v1::ClockState* clock = FindClock(c.after(), id);
  if (clock->status() != v1::ClockState::STATUS_PAUSED) return absl::OkStatus();
  at = std::max(at, ToTime(clock->paused_at()));
  absl::StatusOr<v1::ClockResumed> resumed = ResumedClock(c.calendar(), *clock, definition, at);
  if (!resumed.ok()) return resumed.status();
  v1::Event derived = DeriveFor(c, definition, at);
  *derived.mutable_clock_resumed() = *std::move(resumed);
  c.Take(std::move(derived));
  return absl::OkStatus();
}

// A tighter due time, counted from `from`, takes the place of the old one; a looser one never does. A paused
// clock has no due time to compare, so it is resumed for the purpose and paused again.
absl::Status Tighten(Concluding& c, const CompiledClock& definition, const v1::Event& event, const std::string& id,
                     absl::Time from) {
  absl::StatusOr<std::optional<Dates>> dates = DatesFor(c, definition, event, from);
  if (!dates.ok()) return dates.status();
  if (!dates->has_value()) return absl::OkStatus();
  const v1::ClockState clock = *FindClock(c.after(), id);
  const bool paused = clock.status() == v1::ClockState::STATUS_PAUSED;
  absl::Time at = ToTime(event.occurred_at());
  absl::Time due = ToTime(clock.due_exclusive());
  if (paused) {
    at = std::max(at, ToTime(clock.paused_at()));
    absl::StatusOr<v1::ClockResumed> resumed = ResumedClock(c.calendar(), clock, definition, at);
    if (!resumed.ok()) return resumed.status();
    due = ToTime(resumed->due_exclusive());
  }
  if ((*dates)->due >= due) return absl::OkStatus();
  if (absl::Status status = ResumeIfPaused(c, definition, id, at); !status.ok()) return status;

  v1::Event derived = DeriveFor(c, definition, at);
  v1::ClockSuperseded& e = *derived.mutable_clock_superseded();
  e.set_clock(id);
  SetTimestamp(due, e.mutable_old_due_exclusive());
  SetTimestamp((*dates)->due, e.mutable_due_exclusive());
  if ((*dates)->warn) SetTimestamp(*(*dates)->warn, e.mutable_warn_at());
  if ((*dates)->span != nullptr) *e.mutable_within() = *(*dates)->span;
  SetTimestamp(from, e.mutable_counted_from());
  c.Take(std::move(derived));
  if (!paused) return absl::OkStatus();

  v1::Event again = DeriveFor(c, definition, at);
  again.mutable_clock_paused()->set_clock(id);
  again.mutable_clock_paused()->set_reason_code(clock.reason_code());
  c.Take(std::move(again));
  return absl::OkStatus();
}

void Cease(Concluding& c, const CompiledClock& definition, const std::string& id, absl::Time at,
           std::string_view reason) {
  v1::Event derived = DeriveFor(c, definition, at);
  derived.mutable_clock_ceased()->set_clock(id);
  derived.mutable_clock_ceased()->set_reason_code(std::string(reason));
  c.Take(std::move(derived));
}

// Met, if it happened and was recorded before the due time; otherwise late, and the breach stands (law L8).
void Judge(Concluding& c, const CompiledClock& definition, const std::string& id, absl::Time at) {
  BreachIfDue(c, definition, id, at);
  const v1::ClockState* clock = FindClock(c.after(), id);
  v1::Event derived = DeriveFor(c, definition, at);
  if (clock->status() == v1::ClockState::STATUS_RUNNING) {
    derived.mutable_clock_met()->set_clock(id);
    SetTimestamp(at, derived.mutable_clock_met()->mutable_met_at());
  } else {
    v1::ClockMetLate& e = *derived.mutable_clock_met_late();
    e.set_clock(id);
    SetTimestamp(at, e.mutable_met_at());
    e.set_in_time(at < ToTime(clock->due_exclusive()));
  }
  c.Take(std::move(derived));
}

absl::Status StopClock(Concluding& c, const CompiledClock& definition, const v1::Event& event, const std::string& id,
                       absl::Time at, bool may_start) {
  const v1::ClockState* clock = FindClock(c.after(), id);
  if (clock == nullptr || !IsOpen(*clock)) return absl::OkStatus();
  // An act from before the clock began is not its evidence.
  if (at < ToTime(clock->started_at())) return absl::OkStatus();
  if (definition.source->once_a_day() && clock->has_last_stopped_at() &&
      c.calendar().LocalDay(at) == c.calendar().LocalDay(ToTime(clock->last_stopped_at()))) {
    return absl::OkStatus();
  }
  if (absl::Status status = ResumeIfPaused(c, definition, id, at); !status.ok()) return status;
  Judge(c, definition, id, at);
  if (!may_start || !definition.source->recurring() || IsClosed(c.after())) return absl::OkStatus();
  if (!CanStart(c, definition, event)) return absl::OkStatus();
  return StartClock(c, definition, event, id, at, at);
}

absl::Status StartOrTighten(Concluding& c, const CompiledClock& definition, const v1::Event& event, std::string id,
                            absl::Time at) {
  if (!CanStart(c, definition, event)) return absl::OkStatus();
  const v1::ClockState* clock = FindClock(c.after(), id);
  if (clock == nullptr || !IsOpen(*clock)) return StartClock(c, definition, event, std::move(id), at, at);
  if (clock->status() == v1::ClockState::STATUS_BREACHED) return absl::OkStatus();
  return Tighten(c, definition, event, id, at);
}

// Does the event ask for a look at the clock's duration? A raised priority does; so does a flag, where durations hang
// on conditions. A lowered priority never does: it would give time back.
bool MayTighten(const CompiledClock& definition, const v1::Event& event) {
  const bool conditional = std::any_of(definition.within.begin(), definition.within.end(),
                                       [](const CompiledWithin& within) { return within.when.has_value(); });
  if (event.has_flag_set()) return conditional;
  if (!event.has_priority_changed()) return false;
  const v1::PriorityChanged& e = event.priority_changed();
  if (!MoreUrgent(e.to(), e.from())) return false;
  return conditional ||
         std::any_of(definition.within.begin(), definition.within.end(), [](const CompiledWithin& within) {
           return within.source->priority() != v1::PRIORITY_UNSPECIFIED;
         });
}

// Raising the priority gives the earlier of the old due time and now + the tighter one (design §6).
absl::Status Redate(Concluding& c, const CompiledClock& definition, const v1::Event& event) {
  if (!MayTighten(definition, event)) return absl::OkStatus();
  for (const std::string& id : ClocksOf(c.after(), definition.source->id())) {
    const v1::ClockState* clock = FindClock(c.after(), id);
    const bool alive =
        clock->status() == v1::ClockState::STATUS_RUNNING || clock->status() == v1::ClockState::STATUS_PAUSED;
    if (!alive || !clock->has_within()) continue;
    if (absl::Status status = Tighten(c, definition, event, id, ToTime(event.occurred_at())); !status.ok())
      return status;
  }
  return absl::OkStatus();
}

// Closing ends every clock that is still open. A paused one is resumed and then judged, so that a hold hides no breach;
// one that is breached stays breached.
absl::Status EndForClosing(Concluding& c, const CompiledClock& definition, const v1::Event& event) {
  const absl::Time at = ToTime(event.occurred_at());
  for (const std::string& id : ClocksOf(c.after(), definition.source->id())) {
    if (!IsOpen(*FindClock(c.after(), id))) continue;
    if (absl::Status status = ResumeIfPaused(c, definition, id, at); !status.ok()) return status;
    if (IsAlive(c, definition, id, at)) Cease(c, definition, id, at, EventName(event.kind_case()));
  }
  return absl::OkStatus();
}

// From when the round after a breach counts. A due time in days is the midnight that ends the due day. That day is the
// round's day 0, as it would be had the act come on it; counting from the midnight would make the next day the day 0,
// and give a working day more than whoever acts in time gets.
absl::Time DayThatWasMissed(const Concluding& c, const CompiledClock& definition, const v1::Event& event,
                            absl::Time due) {
  const v1::Span* span = definition.SpanFor(c.FactsNow(&event));
  if (span == nullptr) return due;
  switch (span->unit()) {
    case v1::TIME_UNIT_WORKING_DAY:
    case v1::TIME_UNIT_DAY:
    case v1::TIME_UNIT_MONTH: return due - absl::Microseconds(1);
    case v1::TIME_UNIT_BUSINESS_HOUR:
    case v1::TIME_UNIT_HOUR:
    case v1::TIME_UNIT_UNSPECIFIED:
    case v1::TimeUnit_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::TimeUnit_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return due;
}

// After a breach that nothing stopped, the same span begins again at the due time.
absl::Status RepeatAfterBreach(Concluding& c, const CompiledClock& definition, const v1::Event& event) {
  if (!event.has_clock_breached() || !definition.source->repeats_after_breach()) return absl::OkStatus();
  const v1::ClockState* clock = FindClock(c.after(), event.clock_breached().clock());
  if (clock == nullptr || clock->definition() != definition.source->id() || IsClosed(c.after()))
    return absl::OkStatus();
  // Something in the same decision has stopped it since.
  if (clock->status() != v1::ClockState::STATUS_BREACHED || !CanStart(c, definition, event)) return absl::OkStatus();
  const absl::Time due = ToTime(event.clock_breached().due_exclusive());
  return StartClock(c, definition, event, clock->clock(), due, DayThatWasMissed(c, definition, event, due));
}

// `now`: what conditions may look at, at the event.
absl::Status OneClock(Concluding& c, const CompiledClock& definition, const Facts& now, bool may_start) {
  const v1::Event& event = *now.event;
  if (may_start) {
    if (absl::Status status = RepeatAfterBreach(c, definition, event); !status.ok()) return status;
    if (absl::Status status = Redate(c, definition, event); !status.ok()) return status;
  }
  if (const Fired ceases = FirstToFire(definition.ceases_on, now); ceases.fired) {
    const absl::Time at = NotInTheFuture(c, event, ceases.at);
    const std::string id = InstanceId(definition, event);
    if (IsAlive(c, definition, id, at)) Cease(c, definition, id, at, EventName(event.kind_case()));
  }
  if (const Fired stops = FirstToFire(definition.stops_on, now); stops.fired) {
    absl::Status status =
        StopClock(c, definition, event, InstanceId(definition, event), NotInTheFuture(c, event, stops.at), may_start);
    if (!status.ok()) return status;
  }
  // An imported closing that the rules refused closes nothing.
  if ((event.has_case_closed() || event.has_case_withdrawn()) && IsClosed(c.after())) {
    if (absl::Status status = EndForClosing(c, definition, event); !status.ok()) return status;
  }
  if (!may_start || !HasInstance(definition, event)) return absl::OkStatus();
  const Fired starts = FirstToFire(definition.starts_on, now);
  if (!starts.fired) return absl::OkStatus();
  return StartOrTighten(c, definition, event, InstanceId(definition, event), starts.at);
}

absl::Status OneClockOrAlert(Concluding& c, const CompiledClock& definition, const Facts& now, bool may_start) {
  absl::Status status = OneClock(c, definition, now, may_start);
  if (status.ok() || !c.must_stand()) return status;
  c.AlertFault(ToTime(now.event->occurred_at()), definition.source->id(), "C-calendar", status);
  return absl::OkStatus();
}

}  // namespace

absl::Status Clocks(Concluding& c, const v1::Event& event) {
  // An imported fact that the rules refused still starts and stops clocks (design §5), and does nothing else.
  if (event.has_historical_fact()) {
    for (const v1::Event& inner : event.historical_fact().would_be()) {
      if (absl::Status status = Clocks(c, inner); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  if (event.has_case_triaged()) c.FindKeptClocks();
  const Facts now = c.FactsNow(&event);  // of the case as it becomes
  for (const CompiledClock* definition : c.pack().ClocksMovedBy(event, c.after().case_type())) {
    if (absl::Status status = OneClockOrAlert(c, *definition, now, true); !status.ok()) return status;
  }
  for (const CompiledClock* definition : c.kept_clocks()) {
    if (!definition->moved_by.Has(event)) continue;
    if (absl::Status status = OneClockOrAlert(c, *definition, now, false); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace caseward
