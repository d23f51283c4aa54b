#include "engine/partition/case_index.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/base/text.h"
#include "engine/base/time.h"
#include "engine/cases/case_lookup.h"

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

std::string ListedOwner(const v1::CaseState& state) { return IsClosed(state) ? std::string() : state.owner(); }

const v1::ClockState* NearestClock(const v1::CaseState& state) {
  const v1::ClockState* nearest = nullptr;
  for (const v1::ClockState& clock : state.clocks()) {
    const bool counts =
        clock.status() == v1::ClockState::STATUS_RUNNING || clock.status() == v1::ClockState::STATUS_BREACHED;
    if (counts && (nearest == nullptr || ToTime(clock.due_exclusive()) < ToTime(nearest->due_exclusive()))) {
      nearest = &clock;
    }
  }
  return nearest;
}

keys::WorkOrder OrderOfWork(const v1::CaseState& state) {
  const v1::ClockState* nearest = NearestClock(state);
  return {.first = state.priority() == v1::PRIORITY_P1,
          .due = nearest == nullptr ? absl::InfiniteFuture() : KeyTime(nearest->due_exclusive()),
          .case_id = state.case_id()};
}

const v1::SignOffState* SignedClosure(const v1::CaseState& state) {
  const v1::SignOffState* sign_off = FindSignOff(state, kClosureSubject);
  return sign_off != nullptr && sign_off->granted() && !sign_off->void_() ? sign_off : nullptr;
}

std::string WaitsForTaker(std::string_view person) { return StrCat("take/", person); }

std::vector<WaitingEntry> WaitingOf(const v1::CaseState& state) {
  std::vector<WaitingEntry> waiting;
  if (IsClosed(state)) return waiting;
  const auto add = [&](std::string what) {
    WaitingEntry& entry = waiting.emplace_back();
    entry.what = std::move(what);
    entry.order = OrderOfWork(state);
    entry.state.set_case_type(state.case_type());
    entry.state.set_pack_id(state.pack_id());
    entry.state.set_pack_version(state.pack_version());
    entry.state.set_owner(state.owner());
    entry.state.set_proposer(state.proposer());
  };
  if (state.phase() == v1::PHASE_CLOSING && SignedClosure(state) == nullptr) add(std::string(kWaitsForSignature));
  if (!state.handover_to().empty()) add(WaitsForTaker(state.handover_to()));
  return waiting;
}

}  // namespace caseward
