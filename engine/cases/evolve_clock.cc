#include "engine/cases/evolve_clock.h"

#include <optional>

#include "engine/base/check.h"
#include "engine/cases/case_lookup.h"

namespace caseward {
namespace {

using Kind = v1::Event::KindCase;

// The clock an event is about. Every clock event but ClockStarted is about one that has started.
v1::ClockState& Started(v1::CaseState& state, std::string_view clock) {
  v1::ClockState* found = FindClock(state, clock);
  CHECK(found != nullptr);
  return *found;
}

void Start(v1::CaseState& state, const v1::ClockStarted& e) {
  v1::ClockState* clock = FindClock(state, e.clock());
  if (clock == nullptr) clock = state.add_clocks();
  // What earlier rounds came to stays; the rest begins anew.
  const uint32_t met = clock->rounds_met();
  const uint32_t breached = clock->rounds_breached();
  const uint32_t in_a_row = clock->breaches_in_a_row();
  const google::protobuf::Timestamp last_stopped_at = clock->last_stopped_at();
  const bool stopped_before = clock->has_last_stopped_at();
  clock->Clear();
  clock->set_clock(e.clock());
  clock->set_definition(e.definition());
  clock->set_status(v1::ClockState::STATUS_RUNNING);
  *clock->mutable_started_at() = e.started_at();
  *clock->mutable_due_exclusive() = e.due_exclusive();
  if (e.has_warn_at()) *clock->mutable_warn_at() = e.warn_at();
  if (e.has_within()) *clock->mutable_within() = e.within();
  if (e.has_counted_from()) *clock->mutable_counted_from() = e.counted_from();
  clock->set_calendar_id(e.calendar_id());
  clock->set_calendar_version(e.calendar_version());
  clock->set_round(e.round());
  clock->set_provenance(e.provenance());
  clock->set_rounds_met(met);
  clock->set_rounds_breached(breached);
  clock->set_breaches_in_a_row(in_a_row);
  if (stopped_before) *clock->mutable_last_stopped_at() = last_stopped_at;
}

template <typename Redated>
void Redate(v1::ClockState& clock, const Redated& e) {
  *clock.mutable_due_exclusive() = e.due_exclusive();
  if (e.has_warn_at()) {
    *clock.mutable_warn_at() = e.warn_at();
  } else {
    clock.clear_warn_at();
  }
}

void Resume(v1::ClockState& clock, const v1::Event& event) {
  v1::Hold* hold = clock.add_holds();
  *hold->mutable_from() = clock.paused_at();
  *hold->mutable_to() = event.occurred_at();
  hold->set_reason_code(clock.reason_code());
  clock.clear_paused_at();
  clock.clear_reason_code();
  clock.set_status(v1::ClockState::STATUS_RUNNING);
  Redate(clock, event.clock_resumed());
}

void Breach(v1::ClockState& clock, const v1::ClockBreached& e) {
  clock.set_status(v1::ClockState::STATUS_BREACHED);
  *clock.mutable_breached_at() = e.due_exclusive();
  *clock.mutable_detected_at() = e.detected_at();
  clock.set_rounds_breached(clock.rounds_breached() + 1);
  clock.set_breaches_in_a_row(clock.breaches_in_a_row() + 1);
}

void Stop(v1::ClockState& clock, const google::protobuf::Timestamp& at) {
  *clock.mutable_stopped_at() = at;
  *clock.mutable_last_stopped_at() = at;
}

void Supersede(v1::ClockState& clock, const v1::Event& event) {
  const v1::ClockSuperseded& e = event.clock_superseded();
  if (!e.by_clock().empty()) {
    clock.set_status(v1::ClockState::STATUS_CEASED);
    clock.set_reason_code("superseded");
    *clock.mutable_stopped_at() = event.occurred_at();
    return;
  }
  Redate(clock, e);
  if (e.has_within()) {
    *clock.mutable_within() = e.within();
  } else {
    clock.clear_within();
  }
  if (e.has_counted_from()) *clock.mutable_counted_from() = e.counted_from();
}

void Cease(v1::ClockState& clock, const v1::Event& event) {
  clock.set_status(v1::ClockState::STATUS_CEASED);
  clock.set_reason_code(event.clock_ceased().reason_code());
  *clock.mutable_stopped_at() = event.occurred_at();
}

// The clock that an event must find started; nullopt: none.
std::optional<std::string_view> ClockNeeded(const v1::Event& event) {
  if (event.has_clock_warned()) return event.clock_warned().clock();
  if (event.has_clock_paused()) return event.clock_paused().clock();
  if (event.has_clock_resumed()) return event.clock_resumed().clock();
  if (event.has_clock_met()) return event.clock_met().clock();
  if (event.has_clock_met_late()) return event.clock_met_late().clock();
  if (event.has_clock_breached()) return event.clock_breached().clock();
  if (event.has_clock_superseded()) return event.clock_superseded().clock();
  if (event.has_clock_extended()) return event.clock_extended().clock();
  if (event.has_clock_ceased()) return event.clock_ceased().clock();
  return std::nullopt;
}

}  // namespace

bool CanEvolveClock(const v1::CaseState& state, const v1::Event& event) {
  const std::optional<std::string_view> clock = ClockNeeded(event);
  return !clock || FindClock(state, *clock) != nullptr;
}

void EvolveClock(v1::CaseState& state, const v1::Event& event) {
  if (event.kind_case() == Kind::kClockStarted) {
    Start(state, event.clock_started());
  } else if (event.kind_case() == Kind::kClockWarned) {
    Started(state, event.clock_warned().clock()).set_warned(true);
  } else if (event.kind_case() == Kind::kClockPaused) {
    v1::ClockState& clock = Started(state, event.clock_paused().clock());
    clock.set_status(v1::ClockState::STATUS_PAUSED);
    *clock.mutable_paused_at() = event.occurred_at();
    clock.set_reason_code(event.clock_paused().reason_code());
  } else if (event.kind_case() == Kind::kClockResumed) {
    Resume(Started(state, event.clock_resumed().clock()), event);
  } else if (event.kind_case() == Kind::kClockMet) {
    v1::ClockState& clock = Started(state, event.clock_met().clock());
    clock.set_status(v1::ClockState::STATUS_MET);
    Stop(clock, event.clock_met().met_at());
    clock.set_rounds_met(clock.rounds_met() + 1);
    clock.set_breaches_in_a_row(0);
  } else if (event.kind_case() == Kind::kClockMetLate) {
    v1::ClockState& clock = Started(state, event.clock_met_late().clock());
    clock.set_status(v1::ClockState::STATUS_MET_LATE);
    Stop(clock, event.clock_met_late().met_at());
    clock.set_evidence_in_time(event.clock_met_late().in_time());
  } else if (event.kind_case() == Kind::kClockBreached) {
    Breach(Started(state, event.clock_breached().clock()), event.clock_breached());
  } else if (event.kind_case() == Kind::kClockSuperseded) {
    Supersede(Started(state, event.clock_superseded().clock()), event);
  } else if (event.kind_case() == Kind::kClockExtended) {
    v1::ClockState& clock = Started(state, event.clock_extended().clock());
    Redate(clock, event.clock_extended());
    clock.set_extensions(clock.extensions() + 1);
  } else if (event.kind_case() == Kind::kClockCeased) {
    Cease(Started(state, event.clock_ceased().clock()), event);
  } else {
    CHECK(false && "not a clock event");
  }
}

}  // namespace caseward
