#include "engine/partition/case_index.h"

#include <algorithm>
#include <tuple>

#include "engine/base/time.h"

namespace caseward {
namespace {

// As a timer's key says it: microseconds, rounded up.
absl::Time KeyTime(const google::protobuf::Timestamp& t) {
  const absl::Time exact = ToTime(t);
  const absl::Time floor = absl::FromUnixMicros(absl::ToUnixMicros(exact));
  return floor < exact ? floor + absl::Microseconds(1) : floor;
}

void AddTimer(const v1::CaseState& state, const v1::ClockState& clock, v1::FireClock::Edge edge,
              const google::protobuf::Timestamp& due, std::vector<keys::Timer>& timers) {
  timers.push_back({.due = KeyTime(due), .case_id = state.case_id(), .clock = clock.clock(), .edge = edge});
}

}  // namespace

std::vector<keys::Timer> ClocksDue(const v1::CaseState& state) {
  std::vector<keys::Timer> timers;
  for (const v1::ClockState& clock : state.clocks()) {
    if (clock.status() != v1::ClockState::STATUS_RUNNING) continue;
    if (clock.has_warn_at() && !clock.warned()) {
      AddTimer(state, clock, v1::FireClock::EDGE_WARN, clock.warn_at(), timers);
    }
    if (clock.has_due_exclusive()) {
      AddTimer(state, clock, v1::FireClock::EDGE_BREACH, clock.due_exclusive(), timers);
    }
  }
  std::sort(timers.begin(), timers.end(), [](const keys::Timer& a, const keys::Timer& b) {
    return std::tie(a.due, a.clock, a.edge) < std::tie(b.due, b.clock, b.edge);
  });
  return timers;
}

std::vector<keys::Timer> TimersOf(const v1::CaseState& state) {
  if (state.importing()) return {};
  return ClocksDue(state);
}

const google::protobuf::Timestamp* DueOf(const v1::CaseState& state, const keys::Timer& timer) {
  for (const v1::ClockState& clock : state.clocks()) {
    if (clock.clock() != timer.clock || clock.status() != v1::ClockState::STATUS_RUNNING) continue;
    const bool warn = timer.edge == v1::FireClock::EDGE_WARN;
    if (warn && (clock.warned() || !clock.has_warn_at())) continue;
    if (!warn && !clock.has_due_exclusive()) continue;
    const google::protobuf::Timestamp& due = warn ? clock.warn_at() : clock.due_exclusive();
    if (KeyTime(due) == timer.due) return &due;
  }
  return nullptr;
}

std::string ListedOwner(const v1::CaseState& state) {
  const bool over = state.phase() == v1::PHASE_CLOSED || state.phase() == v1::PHASE_WITHDRAWN;
  return over ? std::string() : state.owner();
}

}  // namespace caseward
